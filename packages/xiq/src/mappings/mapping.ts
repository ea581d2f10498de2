// What a message type's mapping is: a field table, what makes an event itself, and what the table cannot say.
import type { JsonObject } from '@xiq-siem/core';
import type { DocumentDraft } from '../document/document-draft.ts';
import type { Places } from '../document/places.ts';
import { type FieldTable, type FurtherNames, spellings, type ValuesOf } from '../read/field-table.ts';
import { fieldReader } from '../read/read-fields.ts';
import type { Moment, ZoneOffset } from '../read/time.ts';

/** How an event is classified. */
export interface Classification {
  readonly action: string;
  readonly category?: Places['event.category'] | undefined;
  readonly type: Places['event.type'];
  readonly outcome?: Places['event.outcome'] | undefined;
  readonly level: Places['log.level'];
}

/** What values mean to an operator, before our own tables are asked. */
export interface Meanings {
  readonly auditCodes: ReadonlyMap<string, Classification>;
  /** By `statusWord`. */
  readonly statusWords: ReadonlyMap<string, Places['event.outcome']>;
}

/** A part of a natural key: undefined where it is missing, '' where being absent says something itself. */
export type KeyPart = string | undefined;

export interface MappingInput<T extends FieldTable> {
  readonly values: ValuesOf<T>;
  readonly draft: DocumentDraft;
  /** The operator's, to be asked before our own. */
  readonly meanings: Meanings;
  /** Keeps a field that has no place in this event under its own key. */
  leave(name: keyof T & string): void;
}

interface Mapping<T extends FieldTable> {
  readonly fields: T;
  /** The natural key: only what the webhook and the REST form of an event both carry. Undefined: the type has none. */
  key?(values: ValuesOf<T>, isUnread: (name: keyof T & string) => boolean): readonly KeyPart[];
  /** When ExtremeCloud IQ logged it, for a type that has a REST log. */
  loggedAt?(values: ValuesOf<T>): Moment | undefined;
  /** Sets all that depends on more than one field. Gives when the event happened, as its sender says. */
  finish(input: MappingInput<T>): Moment | undefined;
}

export interface Mapped {
  /** The natural key, undefined where a part of it is missing. */
  readonly key: readonly string[] | undefined;
  /** When the event happened; undefined where no time could be read. */
  readonly time: Moment | undefined;
  /** When its sender logged it: what a span of the REST log is asked for by. */
  readonly loggedAt: Moment | undefined;
}

/** A mapping at work. */
export interface Mapper {
  /** Fills the draft. */
  map(parts: readonly JsonObject[], offset: ZoneOffset, draft: DocumentDraft): Mapped;
  /** Whether a rule of the mapping knows a field of this name. */
  knows(name: string): boolean;
  /** Of an object, the short values that a rule of the mapping knows. */
  known(object: JsonObject): JsonObject;
}

export interface BuiltInMapping {
  readonly fields: FieldTable;
  /** `further` and `meanings` are the operator's additions. They change what is read of an event, never its key. */
  compile(further: FurtherNames, meanings: Meanings): Mapper;
}

export const defineMapping = <const T extends FieldTable>(mapping: Mapping<T>): BuiltInMapping => ({
  fields: mapping.fields,
  compile: (further, meanings) => mapper(mapping, further, meanings),
});

const isWhole = (parts: readonly KeyPart[]): parts is readonly string[] => !parts.includes(undefined);

/** Values longer than this are not copied from an observation's large parent. */
const maxKnownLength = 1_024;

function mapper<T extends FieldTable>(mapping: Mapping<T>, further: FurtherNames, meanings: Meanings): Mapper {
  const read = fieldReader(mapping.fields, further);
  const names = new Set(
    Object.entries(mapping.fields).flatMap(([name, rule]) => [...spellings(name, rule), ...(further[name] ?? [])]),
  );
  const isKnown = ([name, value]: readonly [string, unknown]): boolean =>
    names.has(name) && (typeof value === 'number' || (typeof value === 'string' && value.length <= maxKnownLength));
  // Once a parent: its fields and its observations may both be many.
  const reduced = new WeakMap<JsonObject, JsonObject>();
  return {
    map(parts, offset, draft) {
      const reading = read(parts, offset, draft);
      // Each value was read by the reader of its rule's kind, as ValuesOf says; the compiler cannot see that.
      const time = mapping.finish({ values: reading.values as ValuesOf<T>, draft, meanings, leave: reading.leave });
      const ownValues = reading.ownValues as ValuesOf<T>;
      const loggedAt = mapping.loggedAt?.(ownValues);
      const key = mapping.key?.(ownValues, reading.isUnread);
      return { key: key !== undefined && isWhole(key) ? key : undefined, time, loggedAt };
    },
    knows: (name) => names.has(name),
    known(object) {
      const made = reduced.get(object) ?? Object.fromEntries(Object.entries(object).filter(isKnown));
      reduced.set(object, made);
      return made;
    },
  };
}

/** A time as a part of a key. */
export const timeKey = (moment: Moment | undefined): KeyPart => moment && String(moment.keyMs);
