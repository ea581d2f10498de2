// Iterates over the records of one segment: returns intact records, and the damage between them.
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
  /** Bytes that are in no intact record. The check of `what` failed at `offset`. */
  | { readonly kind: 'damage'; readonly offset: number; readonly end: number; readonly what: 'header' | 'payload' }
  | { readonly kind: 'end' };

export type RecordCursor = ReturnType<typeof recordCursor>;

const chunkBytes = 256 * 1024;
const blockBytes = 4096;

/**
 * Memory is bounded by a chunk or one record, whichever is larger. Returned records share the memory of their chunk.
 * A record starts at `from`.
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

  /** The next intact record after `from`. Checks every byte: a damaged length must not skip a record. */
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

  /** The record after the damage that was returned. */
  let pending: FoundRecord | undefined;
  function advanceTo(record: FoundRecord): FoundRecord {
    pending = undefined;
    offset = record.offset + recordHeaderBytes + record.metadata.length + record.payload.length;
    return record;
  }

  /** The next finding before `end`. `end` may increase from call to call, and is the end of a record or within damage. */
  async function nextRecord(end: number): Promise<Found> {
    if (pending !== undefined) return advanceTo(pending);
    if (offset >= end) return { kind: 'end' };
    const found = await recordAt(offset, end);
    if (typeof found === 'object') return advanceTo(found);
    const damagedAt = offset;
    pending = await search(offset + 1, end);
    offset = pending?.offset ?? end;
    return { kind: 'damage', offset: damagedAt, end: offset, what: found };
  }
  return { next: nextRecord };
}

/** Reads. Fills blocks that the disk cannot read with zeros, so that they are found as damage. */
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
