// Walks the records of one segment: every whole one, and where there is none, what was passed over.
import { crc32 } from 'node:zlib';
import { type OpenFile, systemCode } from './files.ts';
import { decodeRecordHeader, recordHeaderBytes, recordsStart, type SegmentHeader } from './segment-format.ts';

export interface FoundRecord {
  readonly kind: 'record';
  readonly offset: number;
  readonly sequence: number;
  readonly metadata: Buffer;
  readonly payload: Buffer;
}

type Found =
  | FoundRecord
  /** Bytes that belong to no whole record. `what` failed at `offset`. */
  | { readonly kind: 'damage'; readonly offset: number; readonly end: number; readonly what: 'header' | 'payload' }
  | { readonly kind: 'end' };

export type RecordCursor = ReturnType<typeof recordCursor>;

const chunkBytes = 256 * 1024;
const blockBytes = 4096;

/**
 * Memory is bounded by a chunk or one record, whichever is more; given records share the chunk that they came in.
 * `from`: the border of a record.
 */
export function recordCursor(file: OpenFile, header: SegmentHeader, from = recordsStart) {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(header.magic);
  let offset = from;
  let chunk = Buffer.alloc(0);
  let chunkAt = 0;

  /** At least `length` bytes from `at`, fewer only at the end of the file. */
  async function bytesAt(at: number, length: number, end: number): Promise<Buffer> {
    if (at < chunkAt || at + length > chunkAt + chunk.length) {
      const buffer = Buffer.allocUnsafe(Math.min(Math.max(length, chunkBytes), Math.max(end - at, 0)));
      chunk = buffer.subarray(0, await readZeroFilled(file, buffer, at));
      chunkAt = at;
    }
    return chunk.subarray(at - chunkAt);
  }

  async function recordAt(at: number, end: number): Promise<FoundRecord | 'header' | 'payload'> {
    if (at + recordHeaderBytes > end) return 'header';
    const head = decodeRecordHeader(await bytesAt(at, recordHeaderBytes, end), header);
    if (head === undefined) return 'header';
    const length = recordHeaderBytes + head.metadataLength + head.payloadLength;
    if (at + length > end) return 'payload';
    const bytes = await bytesAt(at, length, end);
    if (bytes.length < length) return 'payload';
    if (crc32(bytes.subarray(recordHeaderBytes, length), header.seed) !== head.contentCrc) return 'payload';
    const payloadAt = recordHeaderBytes + head.metadataLength;
    return {
      kind: 'record',
      offset: at,
      sequence: head.sequence,
      metadata: bytes.subarray(recordHeaderBytes, payloadAt),
      payload: bytes.subarray(payloadAt, length),
    };
  }

  /** The next whole record after `from`. Looks at every byte: a length that cannot be trusted must not skip a record. */
  async function search(from: number, end: number): Promise<FoundRecord | undefined> {
    let at = from;
    while (at + recordHeaderBytes <= end) {
      const bytes = await bytesAt(at, recordHeaderBytes, end);
      const hit = bytes.indexOf(magic);
      if (hit < 0) {
        at += Math.max(bytes.length - magic.length + 1, 1);
        continue;
      }
      const found = await recordAt(at + hit, end);
      if (typeof found === 'object') return found;
      at += hit + 1;
    }
    return undefined;
  }

  let blocked: FoundRecord | undefined;
  function give(record: FoundRecord): FoundRecord {
    blocked = undefined;
    offset = record.offset + recordHeaderBytes + record.metadata.length + record.payload.length;
    return record;
  }

  return {
    /** The next finding before `end`, which may grow from call to call and always lies on a record's border or damage. */
    async next(end: number): Promise<Found> {
      if (blocked !== undefined) return give(blocked);
      if (offset >= end) return { kind: 'end' };
      const found = await recordAt(offset, end);
      if (typeof found === 'object') return give(found);
      const damagedAt = offset;
      blocked = await search(offset + 1, end);
      offset = blocked?.offset ?? end;
      return { kind: 'damage', offset: damagedAt, end: offset, what: found };
    },
  };
}

/** Reads; blocks that the disk does not give are zeros, and thereby damage like any other. */
export async function readZeroFilled(file: OpenFile, buffer: Buffer, at: number): Promise<number> {
  try {
    return await file.read(buffer, at);
  } catch (error) {
    if (systemCode(error) !== 'EIO') throw error;
    buffer.fill(0);
    for (let from = 0; from < buffer.length; ) {
      const to = from + blockBytes - ((at + from) % blockBytes);
      await file.read(buffer.subarray(from, to), at + from).catch(() => 0);
      from = to;
    }
    return buffer.length;
  }
}
