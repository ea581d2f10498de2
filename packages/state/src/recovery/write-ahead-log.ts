// Checks SQLite's write-ahead log: SQLite stops at the first damaged frame, and does not report the frames after it.
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
const pageBytes = 4096;
const frameBytes = frameHeaderBytes + pageBytes;
/** The lowest bit is the byte order of the checksum. */
const magic = 0x377f0682;
const version = 3_007_000;

type Checksum = readonly [number, number];

interface Frame {
  readonly bytes: Buffer;
  readonly isHeaderValid: boolean;
  /** Written since SQLite last restarted the write-ahead log. Obsolete frames may follow. */
  readonly isCurrent: boolean;
  readonly isCommit: boolean;
  /** By its checksum, which includes that of the previous frame. */
  readonly isValid: boolean;
}

/**
 * The reason why SQLite would skip committed transactions; undefined if it reads all. A transaction that was being written
 * at a kill or a power cut may be incomplete: it was not committed, and no transaction follows it.
 */
export function findWalDamage(path: string): string | undefined {
  let damagedFrame: number | undefined;
  let number = 0;
  for (const { bytes, isHeaderValid, isCurrent, isCommit, isValid } of framesOf(path)) {
    if (!isHeaderValid && bytes.some((byte) => byte !== 0)) return 'the header of its write-ahead log is damaged';
    if (damagedFrame !== undefined && isCurrent && isCommit) {
      return `frame ${damagedFrame} of its write-ahead log is damaged, and transactions follow it`;
    }
    number += 1;
    if (!(isCurrent && isValid)) damagedFrame ??= number;
  }
  return undefined;
}

/** Like `findWalDamage`, while a connector may write the file. Reads twice, because SQLite may restart the file during a read. */
export const findLastingWalDamage = (path: string): string | undefined => findWalDamage(path) && findWalDamage(path);

/** Copies a write-ahead log without its damaged frames, so that SQLite reads all other frames. A frame is one changed page. */
export function copyReadableWal(from: string, to: string): void {
  const target = openSync(to, 'w', 0o600);
  try {
    let sum: Checksum | undefined;
    let isAfterValid = true;
    for (const { bytes, isCurrent, isValid } of framesOf(from)) {
      // If the previous frame is damaged, its checksum may be wrong too.
      const isTaken = isCurrent && (isValid || !isAfterValid);
      isAfterValid = isValid;
      if (!isTaken) continue;
      sum ??= writeHeader(target, bytes.subarray(8, 16));
      sum = checksumOf(frameParts(bytes), sum, false);
      writeChecksum(bytes, 16, sum);
      writeSync(target, bytes);
    }
  } finally {
    closeSync(target);
  }
}

function writeHeader(target: number, salts: Buffer): Checksum {
  const head = Buffer.alloc(headerBytes);
  head.writeUInt32BE(magic, 0);
  head.writeUInt32BE(version, 4);
  head.writeUInt32BE(pageBytes, 8);
  salts.copy(head, 16);
  const sum = checksumOf([head.subarray(0, 24)], [0, 0], false);
  writeChecksum(head, 24, sum);
  writeSync(target, head);
  return sum;
}

function* framesOf(path: string): Generator<Frame> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(headerBytes);
    if (readSync(file, head, 0, headerBytes, null) < headerBytes) return;
    const isBigEndian = head.readUInt32BE(0) === magic + 1;
    const headerChecksum = checksumOf([head.subarray(0, 24)], [0, 0], isBigEndian);
    const isHeaderValid = isSame(headerChecksum, head, 24);
    const salts = isHeaderValid ? head.subarray(16, 24) : saltsOf(file);
    let sum: Checksum = isHeaderValid ? headerChecksum : [0, 0];
    for (;;) {
      const bytes = Buffer.alloc(frameBytes);
      if (readSync(file, bytes) < bytes.length) return;
      const isCurrent = salts.equals(bytes.subarray(8, 16)) && bytes.readUInt32BE(0) > 0;
      const isValid = isSame(checksumOf(frameParts(bytes), sum, isBigEndian), bytes, 16);
      sum = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
      yield { bytes, isHeaderValid, isCurrent, isValid, isCommit: bytes.readUInt32BE(4) > 0 };
    }
  } finally {
    closeSync(file);
  }
}

/** Reads the salts from a frame: the header is damaged, and the first frame may be. */
function saltsOf(file: number): Buffer {
  const salts = Buffer.alloc(8);
  for (const frame of [1, 0]) {
    if (readSync(file, salts, 0, 8, headerBytes + frame * frameBytes + 8) === 8) break;
  }
  return salts;
}

const frameParts = (bytes: Buffer): readonly Buffer[] => [bytes.subarray(0, 8), bytes.subarray(frameHeaderBytes)];

function checksumOf(parts: readonly Buffer[], [first, second]: Checksum, isBigEndian: boolean): Checksum {
  let [one, two] = [first, second];
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 8) {
      one = (one + (isBigEndian ? part.readUInt32BE(at) : part.readUInt32LE(at)) + two) >>> 0;
      two = (two + (isBigEndian ? part.readUInt32BE(at + 4) : part.readUInt32LE(at + 4)) + one) >>> 0;
    }
  }
  return [one, two];
}

const isSame = ([one, two]: Checksum, bytes: Buffer, at: number): boolean =>
  bytes.readUInt32BE(at) === one && bytes.readUInt32BE(at + 4) === two;

function writeChecksum(bytes: Buffer, at: number, [one, two]: Checksum): void {
  bytes.writeUInt32BE(one, at);
  bytes.writeUInt32BE(two, at + 4);
}
