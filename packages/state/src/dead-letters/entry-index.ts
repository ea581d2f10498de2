// What is known of every open entry without reading it: found by number, by event, and by filter.
import { hash } from 'node:crypto';
import type { DeadLetter } from '@xiq-siem/delivery';
import type { DeadLetterFilter, DeadLetterGroup, IndexedDeadLetter } from './dead-letters.ts';
import { copyRow, entryColumns, hashOf, rowTable, setRow, valueIn } from './entry-columns.ts';

type Event = Pick<DeadLetter, 'destination' | 'sequence' | 'element'>;

/** By a job, or by the stream of bodies that the destination's position counts. */
type Origin = 'run' | 'stream';

/** What open entries have in common, kept once. */
interface EntryGroup extends Pick<DeadLetter, 'destination' | 'code' | 'dataset'> {
  count: number;
}

export type EntryIndex = ReturnType<typeof entryIndex>;

const leastCapacity = 1024;

export function entryIndex() {
  const groups: EntryGroup[] = [];
  const groupIndexes = new Map<string, number>();
  let rows = entryColumns(leastCapacity);
  let byNumber = rowTable(leastCapacity);
  let byEvent = rowTable(leastCapacity);
  /** Rows in use, those of entries that are gone included. */
  let used = 0;
  let open = 0;
  let bytes = 0;
  let isAscending = true;

  function groupOf(row: number): EntryGroup {
    const group = groups[valueIn(rows.group, row) - 1];
    if (group === undefined) throw new RangeError(`row ${row} holds no open entry`);
    return group;
  }
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
  const originOf = (row: number): Origin | undefined =>
    row < 0 ? undefined : valueIn(rows.fromRun, row) === 1 ? 'run' : 'stream';

  function release(row: number): void {
    groupOf(row).count -= 1;
    bytes -= valueIn(rows.bytes, row);
    open -= 1;
    rows.group[row] = 0;
  }

  function groupIndexOf({ destination, code, dataset }: DeadLetter): number {
    const key = JSON.stringify([destination, code, dataset]);
    const index = groupIndexes.get(key) ?? groups.push({ destination, code, dataset, count: 0 }) - 1;
    groupIndexes.set(key, index);
    return index;
  }

  function fill(row: number, number: number, at: number, recordBytes: number, entry: DeadLetter, from: Origin): void {
    const { lastAttemptMs, sequence, element } = entry;
    const group = groupIndexOf(entry) + 1;
    const fromRun = from === 'run' ? 1 : 0;
    const idKey = idKeyOf(entry.id);
    setRow(rows, row, { number, at, lastAttemptMs, sequence, idKey, element, bytes: recordBytes, group, fromRun });
    groupOf(row).count += 1;
    bytes += recordBytes;
    open += 1;
  }

  function addToTables(row: number): void {
    byNumber.add(row, hashOf(valueIn(rows.number, row), 0));
    byEvent.add(row, hashOf(valueIn(rows.sequence, row), valueIn(rows.element, row)));
  }

  function* openRows(): Generator<number> {
    for (let row = 0; row < used; row += 1) if (isOpen(row)) yield row;
  }

  /** Keeps these rows only, in their order, with space for as many again. */
  function rebuild(kept: Iterable<number>): void {
    const from = rows;
    const capacity = Math.max(leastCapacity, 2 * open);
    rows = entryColumns(capacity);
    byNumber = rowTable(capacity);
    byEvent = rowTable(capacity);
    used = 0;
    for (const row of kept) {
      copyRow(from, row, rows, used);
      addToTables(used);
      used += 1;
    }
  }

  function sort(): void {
    if (isAscending) return;
    const numbers = Float64Array.from(openRows(), (row) => valueIn(rows.number, row)).sort();
    rebuild(Array.from(numbers, rowOf));
    isAscending = true;
  }

  function indexed(row: number): IndexedDeadLetter {
    const { destination, code, dataset } = groupOf(row);
    return {
      number: valueIn(rows.number, row),
      destination,
      code,
      dataset,
      sequence: valueIn(rows.sequence, row),
      element: valueIn(rows.element, row),
      lastAttemptMs: valueIn(rows.lastAttemptMs, row),
    };
  }

  return {
    /**
     * Adds an entry in the place of the one with its number, and of one of the same event. An event that came once by
     * the stream of bodies stays one of the stream. Returns the origin of the entry that it replaces.
     */
    put(number: number, at: number, recordBytes: number, deadLetter: DeadLetter, from: Origin): Origin | undefined {
      const same = rowOf(number);
      const twin = rowOfEvent(deadLetter);
      const before = originOf(twin) ?? originOf(same);
      const now = before === 'stream' ? 'stream' : from;
      if (same >= 0) release(same);
      if (twin >= 0 && twin !== same) release(twin);
      if (same >= 0 && twin === same) {
        fill(same, number, at, recordBytes, deadLetter, now);
        return before;
      }
      if (used === rows.number.length) rebuild([...openRows()]);
      if (used > 0 && valueIn(rows.number, used - 1) > number) isAscending = false;
      fill(used, number, at, recordBytes, deadLetter, now);
      addToTables(used);
      used += 1;
      return before;
    },
    /** Returns the destination of the removed entry. */
    remove(number: number): string | undefined {
      const row = rowOf(number);
      if (row < 0) return undefined;
      const { destination } = groupOf(row);
      release(row);
      if (used > leastCapacity && open < used / 4) rebuild([...openRows()]);
      return destination;
    },
    get(number: number): IndexedDeadLetter | undefined {
      const row = rowOf(number);
      return row < 0 ? undefined : indexed(row);
    },
    origin: (number: number) => originOf(rowOf(number)),
    /** The sequence of the record that holds it. */
    locate(number: number): number | undefined {
      const row = rowOf(number);
      return row < 0 ? undefined : valueIn(rows.at, row);
    },
    numberOf(event: Event): number | undefined {
      const row = rowOfEvent(event);
      return row < 0 ? undefined : valueIn(rows.number, row);
    },
    find(sequence: number, element?: number): readonly IndexedDeadLetter[] {
      const found: IndexedDeadLetter[] = [];
      for (const row of openRows()) {
        if (valueIn(rows.sequence, row) !== sequence) continue;
        if (element === undefined || valueIn(rows.element, row) === element) found.push(indexed(row));
      }
      return found;
    },
    /** All of bodies from a sequence on. */
    *from(sequence: number): Generator<IndexedDeadLetter> {
      for (const row of openRows()) if (valueIn(rows.sequence, row) >= sequence) yield indexed(row);
    },
    /** Ascending. */
    matching({ destination, code, dataset, fromMs, toMs, ids, numbers }: DeadLetterFilter): readonly number[] {
      sort();
      const inGroups = groups.map(
        (group) =>
          (destination ?? group.destination) === group.destination &&
          (code ?? group.code) === group.code &&
          (dataset ?? group.dataset) === group.dataset,
      );
      const idKeys = ids && new Set(ids.map(idKeyOf));
      const wanted = numbers && new Set(numbers);
      const found: number[] = [];
      for (const row of openRows()) {
        if (inGroups[valueIn(rows.group, row) - 1] !== true) continue;
        const at = valueIn(rows.lastAttemptMs, row);
        const number = valueIn(rows.number, row);
        if (at < (fromMs ?? at) || at > (toMs ?? at)) continue;
        if (wanted?.has(number) === false || idKeys?.has(valueIn(rows.idKey, row)) === false) continue;
        found.push(number);
      }
      return found;
    },
    groups(): readonly DeadLetterGroup[] {
      const found = groups.map((group) => ({
        ...group,
        oldestMs: Number.POSITIVE_INFINITY,
        newestMs: Number.NEGATIVE_INFINITY,
      }));
      for (const row of openRows()) {
        const group = found[valueIn(rows.group, row) - 1];
        if (group === undefined) continue;
        const at = valueIn(rows.lastAttemptMs, row);
        group.oldestMs = Math.min(group.oldestMs, at);
        group.newestMs = Math.max(group.newestMs, at);
      }
      return found.filter(({ count }) => count > 0);
    },
    /** By destination. */
    open(): ReadonlyMap<string, number> {
      const counts = new Map<string, number>();
      for (const { destination, count } of groups) counts.set(destination, (counts.get(destination) ?? 0) + count);
      return counts;
    },
    /** The first record in the log that holds an open entry; Infinity where there is none. */
    firstLocation(): number {
      let first = Number.POSITIVE_INFINITY;
      for (const row of openRows()) first = Math.min(first, valueIn(rows.at, row));
      return first;
    },
    /** Of the records of all open entries. */
    bytes: () => bytes,
  };
}

function idKeyOf(id: string): number {
  return hash('sha1', id, 'buffer').readUIntBE(0, 6);
}
