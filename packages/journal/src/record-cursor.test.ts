// Tests the search for the next intact record after damage, at the ends of the chunks that are read.
import { expect, it } from 'vitest';
import type { OpenFile } from './files.ts';
import { recordCursor } from './record-cursor.ts';
import { encodeRecord, newSegmentHeader, recordsStart } from './segment-format.ts';

const chunkBytes = 256 * 1024;

function fileOf(content: Buffer): OpenFile {
  return {
    read: async (buffer, position) => content.copy(buffer, 0, position),
    write: async () => 0,
    truncate: async () => undefined,
    datasync: async () => undefined,
    status: async () => ({ size: content.length, modifiedMs: 0, isRemoved: false }),
    close: async () => undefined,
  };
}

it.each([-33, -32, -5, -4, -3, -2, -1, 0, 1])(
  'finds a record after damage %i bytes from the end of a chunk',
  async (distance) => {
    const header = newSegmentHeader('00'.repeat(16), 1, 1);
    const content = Buffer.alloc(recordsStart + 2 * chunkBytes);
    const offset = recordsStart + chunkBytes + distance;
    const end = encodeRecord(content, offset, header, 2, '{}', Buffer.from('body'));
    const cursor = recordCursor(fileOf(content), header);
    expect(await cursor.next(end)).toEqual({ kind: 'damage', offset: recordsStart, end: offset, what: 'header' });
    expect(await cursor.next(end)).toMatchObject({ kind: 'record', offset, sequence: 2, payload: Buffer.from('body') });
    expect(await cursor.next(end)).toEqual({ kind: 'end' });
  },
);
