// Searches the output files for one event, newest file first: most searches are for a recent event.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ConnectorError, type EventToFind, type FindResult } from '@xiq-siem/core';
import { z } from 'zod';
import { explainFault, faultReport } from './disk-fault.ts';
import { type ListedFile, listOutputFiles } from './output-names.ts';

/** The search covers this many bytes at the end of all files together. */
const maxSearchBytes = 256 * 1024 ** 2;
const chunkBytes = 1024 ** 2;
/** This plugin writes no longer line. The search skips one. */
const maxLineBytes = 16 * 1024 ** 2;
const noBytes = Buffer.alloc(0);
const documentWithId = z.object({ event: z.object({ id: z.string() }) });

/** Rejects with a ConnectorError if the files cannot be read, or if `signal` fires before the search ends. */
export async function findEvent(
  directory: string,
  name: string,
  { id }: Pick<EventToFind, 'id'>,
  signal: AbortSignal,
  maxBytes = maxSearchBytes,
): Promise<FindResult> {
  try {
    const files = (await listOutputFiles(directory, name)).files.toReversed();
    let leftBytes = maxBytes;
    for (const file of files) {
      if (leftBytes <= 0) break;
      if (await isInFile(file, id, leftBytes, signal)) {
        return { found: true, message: `found in ${basename(file.path)} in ${directory}` };
      }
      leftBytes -= file.bytes;
    }
    if (leftBytes >= 0) return { found: false, message: `not found in the ${files.length} files in ${directory}` };
    return { found: false, message: `not found in the newest ${maxBytes} bytes in ${directory}: the search limit` };
  } catch (error) {
    if (faultReport(error).code === 'path_missing') {
      return { found: false, message: `${directory} does not exist: no file was written yet` };
    }
    const message = `${directory} cannot be searched: ${explainFault(error)}`;
    throw new ConnectorError('destination_failed', message, { cause: error });
  }
}

async function isInFile({ path }: ListedFile, id: string, maxBytes: number, signal: AbortSignal): Promise<boolean> {
  await using handle = await open(path).catch((error: unknown) => {
    // A new file may have caused the deletion of this one during the search.
    if (faultReport(error).code === 'path_missing') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  const quotedId = JSON.stringify(id);
  for await (const lines of linesFromEnd(handle, maxBytes)) {
    if (signal.aborted)
      throw new ConnectorError('destination_failed', `the time limit ended the search in ${path}: try again`);
    if (lines.includes(quotedId) && isInLines(lines.toString('utf8'), quotedId, id)) return true;
  }
  return false;
}

/**
 * Chunks of complete lines with their line ends. Returns the last chunk first; the lines of a chunk are in file order.
 * Reads at most the last `maxBytes` of the file. Skips a last line without a line end.
 */
async function* linesFromEnd(handle: FileHandle, maxBytes: number): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  const start = Math.max(0, size - maxBytes);
  /** The end of a line whose start is in the next chunk to read. */
  let rest: Buffer = noBytes;
  for (let to = size; to > start; to -= chunkBytes) {
    const from = Math.max(start, to - chunkBytes);
    const chunk = Buffer.alloc(to - from);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, from);
    // The file was truncated during the search.
    if (bytesRead < chunk.length) return;

    const read = rest.length > 0 ? Buffer.concat([chunk, rest]) : chunk.subarray(0, chunk.lastIndexOf('\n') + 1);
    const firstLine = from === 0 ? 0 : read.indexOf('\n') + 1;
    if (firstLine < read.length) yield read.subarray(firstLine);
    rest = firstLine > maxLineBytes ? noBytes : read.subarray(0, firstLine);
  }
}

/** Parses each line that contains the id: another field may have the same value. */
function isInLines(lines: string, quotedId: string, id: string): boolean {
  return lines.split('\n').some((line) => line.includes(quotedId) && idOf(line) === id);
}

function idOf(line: string): string | undefined {
  try {
    return documentWithId.safeParse(JSON.parse(line)).data?.event.id;
  } catch {
    return undefined;
  }
}
