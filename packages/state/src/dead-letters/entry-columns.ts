// Rows of numbers in columns, 49 bytes an entry whatever its document's size, and a hash table that finds a row.

export type EntryColumns = ReturnType<typeof entryColumns>;

type Row = Readonly<Record<(typeof fields)[number], number>>;

const fields = ['number', 'at', 'lastAttemptMs', 'sequence', 'idKey', 'element', 'bytes', 'group', 'fromRun'] as const;

export function entryColumns(capacity: number) {
  return {
    number: new Float64Array(capacity),
    /** The sequence of the record that holds the entry, in the dead letters' log. */
    at: new Float64Array(capacity),
    lastAttemptMs: new Float64Array(capacity),
    sequence: new Float64Array(capacity),
    /** The first six bytes of a hash of the event's id. */
    idKey: new Float64Array(capacity),
    element: new Uint32Array(capacity),
    /** Of its record. */
    bytes: new Uint32Array(capacity),
    /** One more than the index of its group; 0 in the row of an entry that is gone. */
    group: new Uint32Array(capacity),
    /** 1 where no position counts it. */
    fromRun: new Uint8Array(capacity),
  };
}

/** A field of a row that exists. */
export function valueIn(column: EntryColumns[keyof Row], row: number): number {
  return column[row] ?? 0;
}

export function setRow(columns: EntryColumns, row: number, values: Row): void {
  for (const field of fields) columns[field][row] = values[field];
}

export function copyRow(from: EntryColumns, row: number, to: EntryColumns, toRow: number): void {
  for (const field of fields) to[field][toRow] = valueIn(from[field], row);
}

/** Finds rows below `capacity` by a hash (unsigned, 32 bits), in eight bytes a row. */
export function rowTable(capacity: number) {
  const mask = 2 ** Math.ceil(Math.log2(capacity)) - 1;
  const first = new Int32Array(mask + 1).fill(-1);
  const next = new Int32Array(capacity);
  return {
    /** `row` must not have been added before. */
    add(row: number, hash: number): void {
      next[row] = first[hash & mask] ?? -1;
      first[hash & mask] = row;
    },
    /** A row of that hash for which `is` holds, or -1. */
    find(hash: number, is: (row: number) => boolean): number {
      let row = first[hash & mask] ?? -1;
      while (row >= 0 && !is(row)) row = next[row] ?? -1;
      return row;
    },
  };
}

/** Spreads a sequence, and a small number beside it, over 32 bits. */
export function hashOf(sequence: number, beside: number): number {
  let hash = Math.imul((sequence % 0x1_0000_0000) ^ Math.floor(sequence / 0x1_0000_0000), 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ beside, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
