// The head mark: which sequences were synced, kept outside the segments so that a cut at a record's border shows.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Files } from './files.ts';
import { openSlotFile, readSlotFile } from './slot-file.ts';

const stored = z.object({
  v: z.literal(1),
  /** The journal's id: segments of another one are not ours. */
  logId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Sequences below it were removed by us. */
  keptFrom: z.int().min(1),
  /** Sequences below it were synced. */
  nextSequence: z.int().min(1),
  /** Written at close: up to the segment of this ordinal nothing was synced beyond `nextSequence`. 0 while open. */
  closedOrdinal: z.int().min(0),
});

const slotBytes = 4096;

export type Head = Readonly<Omit<z.infer<typeof stored>, 'v'>>;

export interface HeadFile {
  /** As found at opening; none at the first start, or where the file is damaged. */
  readonly found: Head | undefined;
  readonly damaged: boolean;
  save(head: Head): Promise<void>;
  close(): Promise<void>;
}

export async function openHeadFile(files: Files, path: string): Promise<HeadFile> {
  const slots = await openSlotFile(files, path, slotBytes, isUsable);
  return {
    found: typeof slots.found === 'string' ? undefined : parse(slots.found.content),
    damaged: slots.found === 'damaged',
    save: (head) => slots.save(JSON.stringify({ v: 1, ...head })),
    close: () => slots.close(),
  };
}

/** The head mark by reading alone; none where there is none, or it is damaged. */
export async function readHead(files: Files, path: string): Promise<Head | undefined> {
  const found = await readSlotFile(files, path, slotBytes, isUsable);
  return typeof found === 'string' ? undefined : parse(found.content);
}

export function newLogId(): string {
  return randomBytes(16).toString('hex');
}

const isUsable = (content: string): boolean => parse(content) !== undefined;

function parse(content: string): Head | undefined {
  try {
    const { v: _, ...head } = stored.parse(JSON.parse(content));
    return head;
  } catch {
    return undefined;
  }
}
