// Encodes and decodes a segment: a header, stored twice, then records. Little-endian. Reading it needs no other file.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const segmentFormatVersion = 1;

/**
 * Header, at 0 and again in the next 4 KiB block: magic (8), version u32, ordinal u32, log id (16), segment id (8),
 * first sequence u64, record magic u32, CRC seed u32, zero u32, CRC u32 of the bytes before it.
 */
export interface SegmentHeader {
  /** Increases by one from file to file. It orders segments that start at the same sequence. */
  readonly ordinal: number;
  /** 32 hex digits. */
  readonly logId: string;
  /** 16 hex digits, random. */
  readonly segmentId: string;
  readonly firstSequence: number;
  /** Random, as is `seed`, and secret: a sender cannot make a body that contains a valid record. */
  readonly magic: number;
  readonly seed: number;
}

const headerMagic = Buffer.from('XIQSIEM\n', 'latin1');
const headerBytes = 64;
const secondHeaderAt = 4096;

/** Offset of the first record. */
export const recordsStart = secondHeaderAt + headerBytes;

/**
 * Record: magic u32, payload length u32, sequence u64, metadata length u32, CRC u32 of metadata and payload, kind u32,
 * CRC u32 of the bytes before it; then metadata and payload.
 */
export const recordHeaderBytes = 32;
/** Largest size of a record, header included. */
export const maxRecordBytes = 16 * 1024 * 1024;

const kindRecord = 1;

/** A header with a random id, magic and seed. */
export function newSegmentHeader(logId: string, ordinal: number, firstSequence: number): SegmentHeader {
  const random = randomBytes(16);
  // Zero would match every hole in a file.
  const magic = random.readUInt32LE(8) || 0x5eed5eed;
  return {
    ordinal,
    logId,
    segmentId: random.toString('hex', 0, 8),
    firstSequence,
    magic,
    seed: random.readUInt32LE(12),
  };
}

/** All bytes before the first record. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const block = Buffer.alloc(recordsStart);
  headerMagic.copy(block, 0);
  block.writeUInt32LE(segmentFormatVersion, 8);
  block.writeUInt32LE(header.ordinal, 12);
  block.write(header.logId, 16, 'hex');
  block.write(header.segmentId, 32, 'hex');
  writeSequence(block, header.firstSequence, 40);
  block.writeUInt32LE(header.magic, 48);
  block.writeUInt32LE(header.seed, 52);
  block.writeUInt32LE(crc32(block.subarray(0, headerBytes - 4)), headerBytes - 4);
  block.copy(block, secondHeaderAt, 0, headerBytes);
  return block;
}

/** Decodes the first `recordsStart` bytes of a file: the header from the first intact copy. */
export function decodeSegmentHeader(block: Buffer): SegmentHeader | undefined {
  for (const start of [0, secondHeaderAt]) {
    const copy = block.subarray(start, start + headerBytes);
    if (copy.length < headerBytes || !copy.subarray(0, 8).equals(headerMagic)) continue;
    if (copy.readUInt32LE(headerBytes - 4) !== crc32(copy.subarray(0, headerBytes - 4))) continue;
    if (copy.readUInt32LE(8) !== segmentFormatVersion) continue;
    return {
      ordinal: copy.readUInt32LE(12),
      logId: copy.toString('hex', 16, 32),
      segmentId: copy.toString('hex', 32, 40),
      firstSequence: readSequence(copy, 40),
      magic: copy.readUInt32LE(48),
      seed: copy.readUInt32LE(52),
    };
  }
  return undefined;
}

const namePattern = /^(\d{10})-(\d{16})-([0-9a-f]{16})\.segment$/;

export function segmentFileName(header: SegmentHeader): string {
  const { ordinal, firstSequence, segmentId } = header;
  return `${String(ordinal).padStart(10, '0')}-${String(firstSequence).padStart(16, '0')}-${segmentId}.segment`;
}

/** Used if both headers of the segment are damaged. */
export function parseSegmentFileName(name: string): { ordinal: number; firstSequence: number } | undefined {
  const match = namePattern.exec(name);
  return match === null ? undefined : { ordinal: Number(match[1]), firstSequence: Number(match[2]) };
}

/** Writes one record at `at` and returns the offset of its end. `buffer` must be large enough. */
export function encodeRecord(
  buffer: Buffer,
  at: number,
  header: SegmentHeader,
  sequence: number,
  metadata: string,
  payload: Uint8Array,
): number {
  const metadataLength = buffer.write(metadata, at + recordHeaderBytes);
  const payloadAt = at + recordHeaderBytes + metadataLength;
  buffer.set(payload, payloadAt);
  const end = payloadAt + payload.length;
  buffer.writeUInt32LE(header.magic, at);
  buffer.writeUInt32LE(payload.length, at + 4);
  writeSequence(buffer, sequence, at + 8);
  buffer.writeUInt32LE(metadataLength, at + 16);
  buffer.writeUInt32LE(crc32(buffer.subarray(at + recordHeaderBytes, end), header.seed), at + 20);
  buffer.writeUInt32LE(kindRecord, at + 24);
  buffer.writeUInt32LE(crc32(buffer.subarray(at, at + 28), header.seed), at + 28);
  return end;
}

/** The record header at the start of `bytes`; undefined if it is not one of this segment. Its lengths are within limits. */
export function decodeRecordHeader(bytes: Buffer, header: SegmentHeader) {
  if (bytes.length < recordHeaderBytes || bytes.readUInt32LE(0) !== header.magic) return undefined;
  if (bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28), header.seed)) return undefined;
  if (bytes.readUInt32LE(24) !== kindRecord) return undefined;
  const payloadLength = bytes.readUInt32LE(4);
  const metadataLength = bytes.readUInt32LE(16);
  if (recordHeaderBytes + metadataLength + payloadLength > maxRecordBytes) return undefined;
  return { sequence: readSequence(bytes, 8), metadataLength, payloadLength, contentCrc: bytes.readUInt32LE(20) };
}

// Two halves, not a BigInt: this allocates nothing.
function writeSequence(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32LE(value % 0x1_0000_0000, at);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

function readSequence(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 0x1_0000_0000;
}
