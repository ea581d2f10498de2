// Reads an element by its field table. Values without a rule go to `extreme.xiq.extra`.

import type { JsonObject, JsonValue } from '@xiq-siem/core';
import { isObject } from '../body/json-value.ts';
import { cachedByText } from '../cached-by-text.ts';
import { type DocumentDraft, type Path, pathOf } from '../document/document-draft.ts';
import { writeTime } from '../document/write-time.ts';
import { plainName } from '../plain-name.ts';
import { type FieldTable, type FurtherNames, namesOf } from './field-table.ts';
import { isPlaceholder, type Kind, type Kinds, readers } from './readers.ts';
import type { TimeContext } from './time.ts';

type Value = Kinds[Kind];

/** A value under one name of a field. */
interface Candidate {
  readonly key: string;
  readonly value: JsonValue;
  readonly rank: number;
}

/** The lowest rank takes precedence, then the first key in the order of characters: not the order that was sent. */
const byPrecedence = (a: Candidate, b: Candidate): number => a.rank - b.rank || (a.key < b.key ? -1 : 1);

interface Slot {
  readonly name: string;
  readonly kind: Kind;
  readonly read: (value: JsonValue, time: TimeContext) => Value | undefined;
  readonly to: readonly Path[];
  readonly within: string | undefined;
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

/** More than the ranks of the built-in names of one field. */
const partRank = 1_000;
/** The first rank of the operator's names: all built-in names take precedence, also those of a parent. */
const furtherRank = 1_000_000;

interface Name {
  readonly slot: number;
  readonly rank: number;
}

/** By slot. */
type Candidates = (Candidate[] | undefined)[];

function addCandidate(bySlot: Candidates, key: string, value: JsonValue, part: number, { slot, rank }: Name): void {
  const candidate = { key, value, rank: part * partRank + rank };
  const others = bySlot[slot];
  if (others === undefined) bySlot[slot] = [candidate];
  else others.push(candidate);
}

type NameFinder = (key: string) => Name | undefined;

/** Finds the slot of a sender's name in any spelling: built-in names first, then the operator's. */
export function nameFinder(table: FieldTable, further: FurtherNames): NameFinder {
  const known = new Map<string, Name>();
  for (const [slot, [name, rule]] of Object.entries(table).entries()) {
    for (const [rank, plain] of namesOf(name, rule).entries()) known.set(plain, { slot, rank });
  }
  for (const [slot, name] of Object.keys(table).entries()) {
    for (const [rank, key] of (further[name] ?? []).entries()) {
      if (!known.has(plainName(key))) known.set(plainName(key), { slot, rank: furtherRank + rank });
    }
  }
  return cachedByText((key) => known.get(plainName(key)));
}

/** Compiles a table. */
export function fieldReader(table: FieldTable, find: NameFinder): FieldReader {
  const slots: readonly Slot[] = Object.entries(table).map(([name, { as, to = [], within }]) => ({
    name,
    kind: as,
    read: readers[as],
    // Several fields may have the time of the event. The mapping chooses one.
    to: to.filter((field) => field !== '@timestamp').map(pathOf),
    within,
  }));
  const slotOf = new Map(slots.map(({ name }, slot) => [name, slot]));

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

  /** The first readable value; its candidate becomes the first. Others with a different value go to `extreme.xiq.extra`. */
  const pick = ({ kind, read }: Slot, candidates: Candidate[], time: TimeContext, draft: DocumentDraft) => {
    if (candidates.length > 1) candidates.sort(byPrecedence);
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at];
      if (candidate === undefined) continue;
      const { key, value: sent } = candidate;
      const value = isPlaceholder(sent, kind) ? undefined : read(sent, time);
      if (value === undefined) {
        draft.addExtra(key, sent);
        continue;
      }
      if (candidates.length === 1) return value;
      candidates.splice(0, at);
      for (const other of candidates) if (!same(sent, other.value)) draft.addExtra(other.key, other.value);
      return value;
    }
    return undefined;
  };

  return (parts, time, draft) => {
    const bySlot = collect(parts, draft);
    const values: Record<string, Value | undefined> = {};
    const addSent = ([picked]: readonly Candidate[]): void => {
      if (picked !== undefined) draft.addExtra(picked.key, picked.value);
    };
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index];
      const candidates = bySlot[index];
      if (candidates === undefined || slot === undefined) continue;
      const value = pick(slot, candidates, time, draft);
      if (value === undefined) continue;
      values[slot.name] = value;
      if (typeof value === 'object' && 'exact' in value && !value.exact) addSent(candidates);
      if (slot.to.length === 0) continue;
      const out = outputValue(value);
      if (out !== undefined) for (const path of slot.to) draft.writeAt(path, out);
    }
    const candidatesOf = (name: string): readonly Candidate[] => bySlot[slotOf.get(name) ?? -1] ?? [];
    const sentValue = (name: string): JsonValue | undefined => {
      const kind = slots[slotOf.get(name) ?? -1]?.kind ?? 'text';
      return candidatesOf(name).find(({ value }) => !isPlaceholder(value, kind))?.value;
    };
    return {
      values,
      moveToExtra(name) {
        if (values[name] !== undefined) addSent(candidatesOf(name));
      },
      sentValue,
      isUnreadable: (name) => values[name] === undefined && sentValue(name) !== undefined,
    };
  };
}
