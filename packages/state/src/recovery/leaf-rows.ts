// Reads rows from the pages of a state file directly. If an interior page is damaged, the leaf pages below it are intact.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface LeafRow {
  readonly rowid: number;
  readonly values: readonly Value[];
}

type Value = string | number | null | Bytes;
type Bytes = Buffer<ArrayBuffer>;

const pageBytes = 4096;
const firstFreePageAt = 32;
const leafOfTable = 0x0d;
const leafHeaderBytes = 8;
/** Bytes of a row that stay in its page if the row overflows, by SQLite's file format. */
const maxLocal = pageBytes - 35;
const minLocal = Math.floor(((pageBytes - 12) * 32) / 255) - 23;

/** Yields everything that has the form of a row, of all tables. The caller verifies the checksums. */
export function* leafRows(path: string): Generator<LeafRow> {
  const file = openSync(path, 'r');
  try {
    const count = Math.floor(fstatSync(file).size / pageBytes);
    const pageOf = (number: number): Bytes => {
      if (number < 1 || number > count) throw new RangeError(`no page ${number}`);
      const page = Buffer.alloc(pageBytes);
      readSync(file, page, 0, pageBytes, (number - 1) * pageBytes);
      return page;
    };
    const free = freePages(pageOf);
    for (let number = 2; number <= count; number += 1) {
      if (free.has(number)) continue;
      const page = pageOf(number);
      for (const at of cellsOf(page)) {
        const row = orUndefined(() => rowAt(page, at, pageOf));
        if (row !== undefined) yield row;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Offsets of rows; none if the page is of another kind or its header is damaged. */
function cellsOf(page: Bytes): readonly number[] {
  if (page.readUInt8(0) !== leafOfTable) return [];
  const cells = Math.min(page.readUInt16BE(3), (pageBytes - leafHeaderBytes) / 2);
  return Array.from({ length: cells }, (_, cell) => page.readUInt16BE(leafHeaderBytes + cell * 2));
}

/** Damaged bytes can have any value, so that reading them throws. */
function orUndefined<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Pages with deleted rows. */
function freePages(pageOf: (number: number) => Bytes): ReadonlySet<number> {
  const free = new Set<number>();
  orUndefined(() => {
    let trunk = pageOf(1).readUInt32BE(firstFreePageAt);
    while (trunk > 0 && !free.has(trunk)) {
      free.add(trunk);
      const page = pageOf(trunk);
      const leaves = page.readUInt32BE(4);
      for (let leaf = 0; leaf < leaves; leaf += 1) free.add(page.readUInt32BE(8 + leaf * 4));
      trunk = page.readUInt32BE(0);
    }
  });
  return free;
}

function rowAt(page: Bytes, at: number, pageOf: (number: number) => Bytes): LeafRow {
  const [length, afterLength] = varint(page, at);
  const [rowid, start] = varint(page, afterLength);
  return { rowid, values: valuesOf(payload(page, start, length, pageOf)) };
}

function payload(page: Bytes, start: number, length: number, pageOf: (number: number) => Bytes): Bytes {
  if (length <= maxLocal) return page.subarray(start, start + length);
  const rest = minLocal + ((length - minLocal) % (pageBytes - 4));
  const local = rest <= maxLocal ? rest : minLocal;
  const parts = [page.subarray(start, start + local)];
  let missing = length - local;
  let next = page.readUInt32BE(start + local);
  while (missing > 0) {
    const overflow = pageOf(next);
    parts.push(overflow.subarray(4, 4 + Math.min(missing, pageBytes - 4)));
    missing -= pageBytes - 4;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function valuesOf(record: Bytes): readonly Value[] {
  const [headerBytes, first] = varint(record, 0);
  const values: Value[] = [];
  let at = headerBytes;
  for (let head = first; head < headerBytes; ) {
    const [type, next] = varint(record, head);
    const [value, after] = valueAt(record, at, type);
    if (after > record.length) throw new RangeError('a value reaches beyond its row');
    values.push(value);
    head = next;
    at = after;
  }
  return values;
}

/** Sizes of integers in bytes, by their type. */
const integerBytes = [0, 1, 2, 3, 4, 6] as const;

function valueAt(record: Bytes, at: number, type: number): readonly [value: Value, after: number] {
  if (type === 0) return [null, at];
  if (type === 6) return [Number(record.readBigInt64BE(at)), at + 8];
  if (type === 7) return [record.readDoubleBE(at), at + 8];
  if (type === 8 || type === 9) return [type - 8, at];
  const length = integerBytes[type];
  if (length !== undefined) return [record.readIntBE(at, length), at + length];
  if (type < 12) throw new RangeError(`no type ${type}`);
  const end = at + Math.floor((type - 12) / 2);
  const bytes = record.subarray(at, end);
  return [type % 2 === 0 ? bytes : bytes.toString(), end];
}

/** Seven bits per byte, most significant first. */
function varint(bytes: Bytes, at: number): readonly [value: number, after: number] {
  let value = 0;
  for (let index = at; index < at + 8; index += 1) {
    const byte = bytes.readUInt8(index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, index + 1];
  }
  throw new RangeError('the number is too large');
}
