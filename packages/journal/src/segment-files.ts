// Which segment files stand in a directory, and what their headers and names say.
import { join } from 'node:path';
import type { Logger } from '@xiq-siem/core';
import { type Files, type OpenFile, systemCode } from './files.ts';
import { readWhatCanBeRead } from './record-cursor.ts';
import { decodeSegmentHeader, parseSegmentFileName, recordsStart, type SegmentHeader } from './segment-format.ts';

export interface FoundFile {
  readonly path: string;
  readonly ordinal: number;
  /** By its header, or else by its name. */
  readonly firstSequence: number;
  readonly header: SegmentHeader | undefined;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Oldest first. */
export async function findSegmentFiles(files: Files, directory: string, log: Logger): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of await files.list(directory)) {
    const named = parseSegmentFileName(name);
    if (named === undefined) {
      if (name.endsWith('.segment')) log.warn('journal.unknown_file', { name });
      continue;
    }
    const path = join(directory, name);
    const file = await openIfThere(files, path);
    if (file === undefined) continue;
    try {
      const block = Buffer.alloc(recordsStart);
      await readWhatCanBeRead(file, block, 0);
      const header = decodeSegmentHeader(block);
      found.push({ path, ...named, ...(await file.status()), header });
    } finally {
      await file.close();
    }
  }
  return found.sort((a, b) => a.ordinal - b.ordinal);
}

/** Beside a running connector a file may go between the list and the look. */
async function openIfThere(files: Files, path: string): Promise<OpenFile | undefined> {
  try {
    return await files.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
