// Reads an element by its field table. Values without a rule go to `extreme.xiq.extra`.

import type { JsonObject, JsonValue } from '@xiq-siem/core';
import { isObject } from '../body/json-value.ts';
import { type DocumentDraft, type Path, pathOf } from '../document/document-draft.ts';
import { writeTime } from '../document/write-time.ts';
import { plainName } from '../plain-name.ts';
import { type FieldTable, type FurtherNames, namesOf } from './field-table.ts';
import { isPlaceholder, type Kind, type Kinds, readers } from './readers.ts';
import type { TimeContext } from './time.ts';

type Value = Kinds[Kind];

/** A value under one name of a field. The lowest rank takes precedence, then the first key in the order of characters. */
interface Candidate {
  readonly key: string;
  readonly value: JsonValue;
  readonly rank: number;
  /** The candidate with the next higher rank. */
  next: Candidate | undefined;
}

interface Slot {
  readonly name: string;
  readonly kind: Kind;
  readonly read: (value: JsonValue, time: TimeContext) => Value | undefined;
  readonly to: readonly Path[];
  readonly within: string | undefined;
}

interface Picked {
  readonly candidate: Candidate;
  readonly value: Value;
}

export interface Reading {
  readonly values: Readonly<Record<string, Value | undefined>>;
  /** Adds a field without a target field in this event to `extreme.xiq.extra`. */
  moveToExtra(name: string): void;
  /** The value of a field as it was sent; of several, the one that was read. Undefined if it means "none". */
  sentValue(name: string): JsonValue | undefined;
  /** Whether a field was sent with a value that could not be read; not if the value means "none". */
  isUnreadable(name: string): boolean;
}

/** `parts` are the objects of the element: an observation before its parent. */
type FieldReader = (parts: readonly JsonObject[], time: TimeContext, draft: DocumentDraft) => Reading;

function outputValue(value: Value): string | number | readonly string[] | undefined {
  if (typeof value !== 'object') return value;
  if ('ms' in value) return writeTime(value.ms);
  return 'mac' in value ? value.mac : value;
}

const same = (a: JsonValue, b: JsonValue): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** Inserts a candidate by rank. The result does not depend on the order of the keys. */
function insertByRank(first: Candidate | undefined, candidate: Candidate): Candidate {
  if (
    first === undefined ||
    candidate.rank < first.rank ||
    (candidate.rank === first.rank && candidate.key < first.key)
  ) {
    candidate.next = first;
    return candidate;
  }
  first.next = insertByRank(first.next, candidate);
  return first;
}

/** More than the ranks of the built-in names of one field. */
const partRank = 1_000;
/** The first rank of the operator's names: all built-in names take precedence, also those of a parent. */
const furtherRank = 1_000_000;

interface Name {
  readonly slot: number;
  readonly rank: number;
}

/** By slot. */
type Candidates = (Candidate | undefined)[];

function addCandidate(bySlot: Candidates, key: string, value: JsonValue, part: number, { slot, rank }: Name): void {
  bySlot[slot] = insertByRank(bySlot[slot], { key, value, rank: part * partRank + rank, next: undefined });
}

const maxCached = 2_048;
const maxCachedLength = 64;

/** Finds the slot of a sender's name in any spelling: built-in names first, then the operator's. */
export function nameFinder(table: FieldTable, further: FurtherNames): (key: string) => Name | undefined {
  const known = new Map<string, Name>();
  for (const [slot, [name, rule]] of Object.entries(table).entries()) {
    for (const [rank, plain] of namesOf(name, rule).entries()) known.set(plain, { slot, rank });
  }
  for (const [slot, name] of Object.keys(table).entries()) {
    for (const [rank, key] of (further[name] ?? []).entries()) {
      if (!known.has(plainName(key))) known.set(plainName(key), { slot, rank: furtherRank + rank });
    }
  }
  /** By the sender's spelling. null: no field has the name. */
  const cache = new Map<string, Name | null>();
  return (key) => {
    const cached = cache.get(key);
    if (cached !== undefined) return cached ?? undefined;
    const name = known.get(plainName(key));
    if (cache.size < maxCached && key.length <= maxCachedLength) cache.set(key, name ?? null);
    return name;
  };
}

/** Compiles a table. */
export function fieldReader(table: FieldTable, furtherNames: FurtherNames): FieldReader {
  const slots: readonly Slot[] = Object.entries(table).map(([name, { as, to = [], within }]) => ({
    name,
    kind: as,
    read: readers[as],
    // Several fields may have the time of the event. The mapping chooses one.
    to: to.filter((field) => field !== '@timestamp').map(pathOf),
    within,
  }));
  const slotOf = new Map(slots.map(({ name }, slot) => [name, slot]));
  const find = nameFinder(table, furtherNames);

  /** Adds the members of an object that are fields. Returns the others. */
  const addMembers = (bySlot: Candidates, value: JsonValue, part: number, container: string): JsonValue | undefined => {
    if (!isObject(value)) return value;
    const others = Object.entries(value).filter(([key, member]) => {
      if (member === null || member === undefined) return false;
      const name = find(key);
      const isField = name !== undefined && slots[name.slot]?.within === container;
      if (isField) addCandidate(bySlot, key, member, part, name);
      return !isField;
    });
    return others.length === 0 ? undefined : Object.fromEntries(others);
  };

  const collect = (parts: readonly JsonObject[], draft: DocumentDraft): Candidates => {
    const bySlot: Candidates = slots.map(() => undefined);
    for (let part = 0; part < parts.length; part++) {
      const object = parts[part];
      for (const key in object) {
        const value = object[key];
        if (value === null || value === undefined) continue;
        const name = find(key);
        if (name === undefined) {
          draft.addExtra(key, value);
          continue;
        }
        const container = slots[name.slot];
        const own = container?.kind === 'object' ? addMembers(bySlot, value, part, container.name) : value;
        if (own !== undefined) addCandidate(bySlot, key, own, part, name);
      }
    }
    return bySlot;
  };

  /** The first readable candidate, with its value. Others with a different value are added to `extreme.xiq.extra`. */
  const pick = (slot: Slot, first: Candidate, time: TimeContext, draft: DocumentDraft): Picked | undefined => {
    for (let candidate: Candidate | undefined = first; candidate !== undefined; candidate = candidate.next) {
      const value = isPlaceholder(candidate.value, slot.kind) ? undefined : slot.read(candidate.value, time);
      if (value === undefined) {
        draft.addExtra(candidate.key, candidate.value);
        continue;
      }
      for (let other = candidate.next; other !== undefined; other = other.next) {
        if (!same(candidate.value, other.value)) draft.addExtra(other.key, other.value);
      }
      return { candidate, value };
    }
    return undefined;
  };

  return (parts, time, draft) => {
    const bySlot = collect(parts, draft);
    const values: Record<string, Value | undefined> = {};
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index];
      const first = bySlot[index];
      if (first === undefined || slot === undefined) continue;
      const picked = pick(slot, first, time, draft);
      if (picked === undefined) continue;
      const { candidate, value } = picked;
      bySlot[index] = candidate;
      values[slot.name] = value;
      if (typeof value === 'object' && 'exact' in value && !value.exact) draft.addExtra(candidate.key, candidate.value);
      if (slot.to.length === 0) continue;
      const out = outputValue(value);
      if (out !== undefined) for (const path of slot.to) draft.writeAt(path, out);
    }
    const candidateOf = (name: string): Candidate | undefined => bySlot[slotOf.get(name) ?? -1];
    const sentValue = (name: string): JsonValue | undefined => {
      const kind = slots[slotOf.get(name) ?? -1]?.kind ?? 'text';
      let candidate = candidateOf(name);
      while (candidate !== undefined && isPlaceholder(candidate.value, kind)) candidate = candidate.next;
      return candidate?.value;
    };
    return {
      values,
      moveToExtra(name) {
        const candidate = values[name] === undefined ? undefined : candidateOf(name);
        if (candidate !== undefined) draft.addExtra(candidate.key, candidate.value);
      },
      sentValue,
      isUnreadable: (name) => values[name] === undefined && sentValue(name) !== undefined,
    };
  };
}
