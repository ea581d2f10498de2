// Looks for one event in the output files, the newest first: it is most often one that was written last.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ConnectorError, type EventToFind, type FindResult } from '@xiq-siem/core';
import { z } from 'zod';
import { explainFault, faultReport } from './disk-fault.ts';
import { type ListedFile, listOutputFiles } from './output-names.ts';

/** Bytes at the end of all files together that are looked through. */
const maxSearchBytes = 256 * 1024 ** 2;
const chunkBytes = 1024 ** 2;
/** Anything longer is not a line of ours, and is left out. */
const maxLineBytes = 16 * 1024 ** 2;
const nothing = Buffer.alloc(0);
const identified = z.object({ event: z.object({ id: z.string() }) });

/** Rejects with a ConnectorError where the files cannot be read, and where `signal` fires before all were. */
export async function findEvent(
  directory: string,
  name: string,
  { id }: Pick<EventToFind, 'id'>,
  signal: AbortSignal,
  maxBytes = maxSearchBytes,
): Promise<FindResult> {
  try {
    const files = (await listOutputFiles(directory, name)).toReversed();
    let leftBytes = maxBytes;
    for (const file of files) {
      if (leftBytes <= 0) break;
      if (await isInFile(file, id, leftBytes, signal)) {
        return { found: true, message: `${basename(file.path)} in ${directory} holds it` };
      }
      leftBytes -= file.bytes;
    }
    if (leftBytes >= 0) return { found: false, message: `none of the ${files.length} files in ${directory} holds it` };
    return { found: false, message: `the newest ${maxBytes} bytes in ${directory} do not hold it: no more is read` };
  } catch (error) {
    if (faultReport(error).code === 'missing') {
      return { found: false, message: `${directory} is not there: no file was written yet` };
    }
    const message = `${directory} cannot be looked through: ${explainFault(error)}`;
    throw new ConnectorError('destination_failed', message, { cause: error });
  }
}

async function isInFile({ path }: ListedFile, id: string, maxBytes: number, signal: AbortSignal): Promise<boolean> {
  await using handle = await open(path).catch((error: unknown) => {
    // Retention may have deleted it meanwhile.
    if (faultReport(error).code === 'missing') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  const needle = JSON.stringify(id);
  for await (const lines of linesFromTheEnd(handle, maxBytes)) {
    if (signal.aborted)
      throw new ConnectorError('destination_failed', `time was up in the midst of ${path}: ask again`);
    if (lines.includes(needle) && isInLines(lines.toString('utf8'), needle, id)) return true;
  }
  return false;
}

/**
 * Pieces of whole lines, each with its line end; the last lines come first, in their order within a piece. Reads no
 * more than the last `maxBytes` of what the file holds now; a last line without an end is left out.
 */
async function* linesFromTheEnd(handle: FileHandle, maxBytes: number): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  const start = Math.max(0, size - maxBytes);
  /** A line with its end, of which the beginning is still to be read. */
  let rest: Buffer = nothing;
  for (let to = size; to > start; to -= chunkBytes) {
    const from = Math.max(start, to - chunkBytes);
    const chunk = Buffer.alloc(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    // The file became shorter meanwhile.
    if (bytesRead < chunk.length) return;

    const read = rest.length > 0 ? Buffer.concat([chunk, rest]) : chunk.subarray(0, chunk.lastIndexOf('\n') + 1);
    const begin = from === 0 ? 0 : read.indexOf('\n') + 1;
    if (begin < read.length) yield read.subarray(begin);
    rest = begin > maxLineBytes ? nothing : read.subarray(0, begin);
  }
}

/** The same text may stand in another field: only what a line's JSON says counts. */
function isInLines(lines: string, needle: string, id: string): boolean {
  return lines.split('\n').some((line) => line.includes(needle) && idOf(line) === id);
}

function idOf(line: string): string | undefined {
  try {
    return identified.safeParse(JSON.parse(line)).data?.event.id;
  } catch {
    return undefined;
  }
}
