// Looks for one event in the output files, the newest first: what was written last is what is looked for.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ConnectorError, type EventToFind, type FindResult } from '@xiq-siem/core';
import { z } from 'zod';
import { faultAdvice, faultReport } from './disk-fault.ts';
import { linesFromTheEnd } from './lines-from-the-end.ts';
import { type ListedFile, listOutputFiles } from './output-names.ts';

/** Bytes at the end of all files together that are looked through. */
const maxSearchBytes = 256 * 1024 ** 2;

const newline = 0x0a;
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
    const fault = faultReport(error);
    if (fault === undefined) throw error;
    if (fault.code === 'missing')
      return { found: false, message: `${directory} is not there: no file was written yet` };
    const message = `${directory} cannot be looked through: ${fault.message}: ${faultAdvice(fault.code)}`;
    throw new ConnectorError('destination_failed', message, { cause: error });
  }
}

async function isInFile({ path }: ListedFile, id: string, maxBytes: number, signal: AbortSignal): Promise<boolean> {
  const handle = await openIfThere(path);
  if (handle === undefined) return false;
  try {
    const needle = Buffer.from(JSON.stringify(id));
    for await (const lines of linesFromTheEnd(handle, maxBytes)) {
      if (signal.aborted) {
        throw new ConnectorError('destination_failed', `time was up in the midst of ${path}: ask again`);
      }
      if (isInLines(lines, needle, id)) return true;
    }
    return false;
  } finally {
    await handle.close();
  }
}

/** The same text may stand in another field: only what a line's JSON says counts. */
function isInLines(lines: Buffer, needle: Buffer, id: string): boolean {
  for (let at = lines.indexOf(needle); at >= 0; ) {
    const start = lines.lastIndexOf(newline, at) + 1;
    const end = lines.indexOf(newline, at);
    if (idOf(lines.toString('utf8', start, end)) === id) return true;
    at = lines.indexOf(needle, end);
  }
  return false;
}

function idOf(line: string): string | undefined {
  try {
    return identified.safeParse(JSON.parse(line)).data?.event.id;
  } catch {
    return undefined;
  }
}

/** Retention may have deleted it meanwhile. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (faultReport(error)?.code === 'missing') return undefined;
    throw error;
  }
}
