// What is known of every open entry without reading it: found by number, by event, and by filter.
import { hash } from 'node:crypto';
import type { DeadLetter } from '@xiq-siem/delivery';
import type { DeadLetterFilter, DeadLetterGroup, IndexedDeadLetter } from './dead-letters.ts';
import { copyRow, entryColumns, valueIn } from './entry-columns.ts';
import { entryGroups } from './entry-groups.ts';
import { hashOf, slotTable } from './slot-table.ts';

type Event = Pick<DeadLetter, 'destination' | 'sequence' | 'element'>;

/** By a job, or by the stream of bodies that the destination's position counts. */
export type Came = 'run' | 'stream';

export interface EntryIndex {
  /**
   * Adds an entry, or puts it in the place of the one with its number, and of one of the same event. An event that came
   * once by the stream of bodies is of the stream. Gives where what it takes the place of came from.
   */
  put(number: number, at: number, bytes: number, letter: DeadLetter, from: Came): Came | undefined;
  /** The destination of what was removed. */
  remove(number: number): string | undefined;
  get(number: number): IndexedDeadLetter | undefined;
  came(number: number): Came | undefined;
  /** The sequence of the record that holds it. */
  locate(number: number): number | undefined;
  numberOf(event: Event): number | undefined;
  find(sequence: number, element?: number): readonly IndexedDeadLetter[];
  /** All of bodies from a sequence on. */
  from(sequence: number): Iterable<IndexedDeadLetter>;
  /** Ascending. */
  matching(filter: DeadLetterFilter): readonly number[];
  groups(): readonly DeadLetterGroup[];
  /** By destination. */
  open(): ReadonlyMap<string, number>;
  /** The first record in the log that holds an open entry. */
  firstLocation(): number | undefined;
  /** Of the records of all open entries. */
  bytes(): number;
}

const leastCapacity = 1024;

export function entryIndex(): EntryIndex {
  const groups = entryGroups();
  let rows = entryColumns(leastCapacity);
  let byNumber = slotTable(leastCapacity);
  let byEvent = slotTable(leastCapacity);
  /** Rows in use, those of entries that are gone included. */
  let used = 0;
  let open = 0;
  let bytes = 0;
  let isAscending = true;

  const groupOf = (row: number) => groups.at(valueIn(rows.group, row) - 1);
  const isOpen = (row: number): boolean => valueIn(rows.group, row) > 0;
  const rowOf = (number: number): number =>
    byNumber.find(hashOf(number, 0), (row) => valueIn(rows.number, row) === number && isOpen(row));
  const rowOfEvent = ({ destination, sequence, element }: Event): number =>
    byEvent.find(
      hashOf(sequence, element),
      (row) =>
        valueIn(rows.sequence, row) === sequence &&
        valueIn(rows.element, row) === element &&
        isOpen(row) &&
        groupOf(row).destination === destination,
    );

  function came(row: number): Came | undefined {
    if (row < 0) return undefined;
    return valueIn(rows.fromRun, row) === 1 ? 'run' : 'stream';
  }

  function release(row: number): void {
    groupOf(row).count -= 1;
    bytes -= valueIn(rows.bytes, row);
    open -= 1;
    rows.group[row] = 0;
  }

  function fill(row: number, number: number, at: number, recordBytes: number, letter: DeadLetter, from: Came): void {
    const place = groups.placeOf(letter.destination, letter.code, letter.dataset);
    groups.at(place).count += 1;
    bytes += recordBytes;
    open += 1;
    rows.number[row] = number;
    rows.at[row] = at;
    rows.lastAttemptMs[row] = letter.lastAttemptMs;
    rows.sequence[row] = letter.sequence;
    rows.idKey[row] = idKeyOf(letter.id);
    rows.element[row] = letter.element;
    rows.bytes[row] = recordBytes;
    rows.group[row] = place + 1;
    rows.fromRun[row] = from === 'run' ? 1 : 0;
  }

  function enter(row: number): void {
    byNumber.add(row, hashOf(valueIn(rows.number, row), 0));
    byEvent.add(row, hashOf(valueIn(rows.sequence, row), valueIn(rows.element, row)));
  }

  function* openRows(): Generator<number> {
    for (let row = 0; row < used; row += 1) if (isOpen(row)) yield row;
  }

  /** Keeps these rows only, in their order, with room for as many again. */
  function rebuild(kept: Iterable<number>): void {
    const from = rows;
    rows = entryColumns(Math.max(leastCapacity, 2 * open));
    byNumber = slotTable(rows.capacity);
    byEvent = slotTable(rows.capacity);
    used = 0;
    for (const row of kept) {
      copyRow(from, row, rows, used);
      enter(used);
      used += 1;
    }
  }

  function sort(): void {
    if (isAscending) return;
    const numbers = Float64Array.from(openRows(), (row) => valueIn(rows.number, row)).sort();
    rebuild(Array.from(numbers, rowOf));
    isAscending = true;
  }

  const indexed = (row: number): IndexedDeadLetter => {
    const { destination, code, dataset } = groupOf(row);
    return {
      ...{ number: valueIn(rows.number, row), destination, code, dataset },
      ...{ sequence: valueIn(rows.sequence, row), element: valueIn(rows.element, row) },
      lastAttemptMs: valueIn(rows.lastAttemptMs, row),
    };
  };

  return {
    put(number, at, recordBytes, letter, from) {
      const same = rowOf(number);
      const twin = rowOfEvent(letter);
      const before = came(twin) ?? came(same);
      const now = before === 'stream' ? 'stream' : from;
      if (same >= 0) release(same);
      if (twin >= 0 && twin !== same) release(twin);
      if (same >= 0 && twin === same) {
        fill(same, number, at, recordBytes, letter, now);
        return before;
      }
      if (used === rows.capacity) rebuild([...openRows()]);
      if (used > 0 && valueIn(rows.number, used - 1) > number) isAscending = false;
      fill(used, number, at, recordBytes, letter, now);
      enter(used);
      used += 1;
      return before;
    },
    remove(number) {
      const row = rowOf(number);
      if (row < 0) return undefined;
      const { destination } = groupOf(row);
      release(row);
      if (used > leastCapacity && open < used / 4) rebuild([...openRows()]);
      return destination;
    },
    get(number) {
      const row = rowOf(number);
      return row < 0 ? undefined : indexed(row);
    },
    came: (number) => came(rowOf(number)),
    locate(number) {
      const row = rowOf(number);
      return row < 0 ? undefined : valueIn(rows.at, row);
    },
    numberOf(event) {
      const row = rowOfEvent(event);
      return row < 0 ? undefined : valueIn(rows.number, row);
    },
    find(sequence, element) {
      const found: IndexedDeadLetter[] = [];
      for (let row = 0; row < used; row += 1) {
        if (valueIn(rows.sequence, row) !== sequence || !isOpen(row)) continue;
        if (element === undefined || valueIn(rows.element, row) === element) found.push(indexed(row));
      }
      return found;
    },
    *from(sequence) {
      for (const row of openRows()) if (valueIn(rows.sequence, row) >= sequence) yield indexed(row);
    },
    matching({ destination, code, dataset, fromMs, toMs, ids, numbers }) {
      sort();
      const inGroups = groups.all.map(
        (group) =>
          (destination ?? group.destination) === group.destination &&
          (code ?? group.code) === group.code &&
          (dataset ?? group.dataset) === group.dataset,
      );
      const idKeys = ids && new Set(ids.map(idKeyOf));
      const wanted = numbers && new Set(numbers);
      const found: number[] = [];
      for (let row = 0; row < used; row += 1) {
        if (inGroups[valueIn(rows.group, row) - 1] !== true) continue;
        const at = valueIn(rows.lastAttemptMs, row);
        const number = valueIn(rows.number, row);
        if (at < (fromMs ?? at) || at > (toMs ?? at)) continue;
        if (wanted?.has(number) === false || idKeys?.has(valueIn(rows.idKey, row)) === false) continue;
        found.push(number);
      }
      return found;
    },
    groups() {
      const times = groups.all.map(() => ({ oldestMs: Number.POSITIVE_INFINITY, newestMs: Number.NEGATIVE_INFINITY }));
      for (let row = 0; row < used; row += 1) {
        const span = times[valueIn(rows.group, row) - 1];
        if (span === undefined) continue;
        const at = valueIn(rows.lastAttemptMs, row);
        if (at < span.oldestMs) span.oldestMs = at;
        if (at > span.newestMs) span.newestMs = at;
      }
      return groups.all
        .map((group, place) => ({ ...group, oldestMs: 0, newestMs: 0, ...times[place] }))
        .filter(({ count }) => count > 0);
    },
    open() {
      const counts = new Map<string, number>();
      for (const { destination, count } of groups.all) counts.set(destination, (counts.get(destination) ?? 0) + count);
      return counts;
    },
    firstLocation() {
      let first = Number.POSITIVE_INFINITY;
      for (let row = 0; row < used; row += 1) {
        if (isOpen(row) && valueIn(rows.at, row) < first) first = valueIn(rows.at, row);
      }
      return open === 0 ? undefined : first;
    },
    bytes: () => bytes,
  };
}

function idKeyOf(id: string): number {
  return hash('sha1', id, 'buffer').readUIntBE(0, 6);
}
