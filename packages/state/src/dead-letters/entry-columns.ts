// The index's rows: one column of numbers for each field, 49 bytes an entry whatever its document's size.

export interface EntryColumns {
  readonly capacity: number;
  readonly number: Float64Array;
  /** The sequence of the record that holds it, in the dead letters' log. */
  readonly at: Float64Array;
  readonly lastAttemptMs: Float64Array;
  readonly sequence: Float64Array;
  /** The first six bytes of a hash of the event's id. */
  readonly idKey: Float64Array;
  readonly element: Uint32Array;
  /** Of its record. */
  readonly bytes: Uint32Array;
  /** One more than its group's place; 0 in the row of an entry that is gone. */
  readonly group: Uint32Array;
  /** 1 where no position counts it. */
  readonly fromRun: Uint8Array;
}

export function entryColumns(capacity: number): EntryColumns {
  return {
    capacity,
    number: new Float64Array(capacity),
    at: new Float64Array(capacity),
    lastAttemptMs: new Float64Array(capacity),
    sequence: new Float64Array(capacity),
    idKey: new Float64Array(capacity),
    element: new Uint32Array(capacity),
    bytes: new Uint32Array(capacity),
    group: new Uint32Array(capacity),
    fromRun: new Uint8Array(capacity),
  };
}

/** A field of a row that there is. */
export function valueIn(column: Float64Array | Uint32Array | Uint8Array, row: number): number {
  return column[row] ?? 0;
}

export function copyRow(from: EntryColumns, row: number, to: EntryColumns, toRow: number): void {
  to.number[toRow] = valueIn(from.number, row);
  to.at[toRow] = valueIn(from.at, row);
  to.lastAttemptMs[toRow] = valueIn(from.lastAttemptMs, row);
  to.sequence[toRow] = valueIn(from.sequence, row);
  to.idKey[toRow] = valueIn(from.idKey, row);
  to.element[toRow] = valueIn(from.element, row);
  to.bytes[toRow] = valueIn(from.bytes, row);
  to.group[toRow] = valueIn(from.group, row);
  to.fromRun[toRow] = valueIn(from.fromRun, row);
}
