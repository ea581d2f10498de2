// The mapping of a message type: a field table, the natural key of an event, and further rules.
import type { JsonObject, Organization } from '@xiq-siem/core';
import type { DocumentDraft } from '../document/document-draft.ts';
import type { TargetFields } from '../document/target-fields.ts';
import type { FieldTable, FurtherNames, ValuesOf } from '../read/field-table.ts';
import { fieldReader, nameFinder } from '../read/read-fields.ts';
import type { Moment, TimeContext } from '../read/time.ts';
import { chooseTime, type EventTime } from './event-time.ts';

export interface Classification {
  readonly action: string;
  readonly category?: TargetFields['event.category'] | undefined;
  readonly type: TargetFields['event.type'];
  readonly outcome?: TargetFields['event.outcome'] | undefined;
  readonly level: TargetFields['log.level'];
}

/** A row of a mapping's tables. */
export const classification = (
  action: string,
  category: Classification['category'],
  type: Classification['type'],
  level: Classification['level'] = 'info',
  outcome?: Classification['outcome'],
): Classification => ({ action, category, type, level, outcome });

/** The operator's classification of the values of one family. It overrides the built-in tables. */
export interface Meanings {
  /** By the code or word that a mapping classifies by, as `statusWord` writes it. */
  readonly codes: ReadonlyMap<string, Classification>;
  /** By `statusWord`. */
  readonly statusWords: ReadonlyMap<string, TargetFields['event.outcome']>;
}

/** A row of the reference: how a mapping classifies events with one of these codes or words. */
export interface ClassificationRow {
  /** The field and its codes or words, or the condition. */
  readonly when: string;
  readonly as: Omit<Classification, 'level'>;
}

/** A part of a pairing key. Undefined if it is missing; '' if an absent value has a meaning. */
export type KeyPart = string | undefined;

export interface MappingInput<T extends FieldTable> {
  readonly values: ValuesOf<T>;
  readonly draft: DocumentDraft;
  /** Override the built-in tables. */
  readonly meanings: Meanings;
  /** Adds a field without a target field in this event to `extreme.xiq.extra`. */
  moveToExtra(name: keyof T & string): void;
}

interface Mapping<T extends FieldTable> {
  readonly fields: T;
  readonly classifications?: readonly ClassificationRow[];
  /** The pairing key: only values of both the webhook and the REST form of an event. Undefined: the type has none. */
  key?(values: ValuesOf<T>, isUnreadable: (name: keyof T & string) => boolean): readonly KeyPart[];
  /** The time at which ExtremeCloud IQ logged the event, for a type with a REST log. */
  loggedAt?(values: ValuesOf<T>): Moment | undefined;
  /** The fields that may have the time of the event, by precedence. Default: `timestamp`. */
  times?(values: ValuesOf<T>): readonly (keyof T & string)[];
  /** Sets the fields that depend on several values. Not void: the compiler rejects a value that nothing would read. */
  finish(input: MappingInput<T>): undefined;
}

export interface Mapped extends EventTime {
  /** The pairing key. Undefined if a part of it is missing. */
  readonly key: readonly string[] | undefined;
  /** What the event says of its organization. */
  readonly organization: Organization;
  /** The time of the log entry. A span of the REST log is requested by it. */
  readonly loggedAt: Moment | undefined;
}

/** A compiled mapping. */
export interface Mapper {
  /** Fills the draft. */
  map(parts: readonly JsonObject[], context: TimeContext, draft: DocumentDraft): Mapped;
  /** Whether the mapping has a rule for a field of this name. */
  knows(name: string): boolean;
  /** The short values of an object for which the mapping has a rule. */
  known(object: JsonObject): JsonObject;
}

export interface BuiltInMapping {
  readonly fields: FieldTable;
  readonly classifications: readonly ClassificationRow[];
  /** `further` and `meanings` are the operator's additions. They change the document of an event, never its id. */
  compile(further: FurtherNames, meanings: Meanings): Mapper;
}

export const defineMapping = <const T extends FieldTable>(mapping: Mapping<T>): BuiltInMapping => ({
  fields: mapping.fields,
  classifications: mapping.classifications ?? [],
  compile: (further, meanings) => mapper(mapping, further, meanings),
});

const isComplete = (parts: readonly KeyPart[]): parts is readonly string[] => !parts.includes(undefined);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Longer values of a large parent are not copied into its observations, nor more of them: a name has many spellings. */
const maxKnownLength = 1_024;
const maxKnown = 64;

const timestampOnly = ['timestamp'];

function mapper<T extends FieldTable>(mapping: Mapping<T>, further: FurtherNames, meanings: Meanings): Mapper {
  const find = nameFinder(mapping.fields, further);
  const read = fieldReader(mapping.fields, find);
  const knows = (name: string): boolean => find(name) !== undefined;
  const isKnown = ([name, value]: readonly [string, unknown]): boolean =>
    knows(name) && (typeof value === 'number' || (typeof value === 'string' && value.length <= maxKnownLength));
  const timeFields = new Set(
    Object.keys(mapping.fields).filter((name) => mapping.fields[name]?.to?.some((field) => field === '@timestamp')),
  );
  // A cache: a parent may have many observations.
  const knownParts = new WeakMap<JsonObject, JsonObject>();
  return {
    map(parts, context, draft) {
      const reading = read(parts, context, draft);
      // The reader of each rule's kind returns the type of ValuesOf, which the compiler cannot check.
      const values = reading.values as ValuesOf<T>;
      mapping.finish({ values, draft, meanings, moveToExtra: reading.moveToExtra });
      const loggedAt = mapping.loggedAt?.(values);
      const { owner_id: id, vhm_name: name } = reading.values;
      const organization = { id: textOf(id), name: textOf(name) };
      const key = mapping.key?.(values, reading.isUnreadable);
      const names = mapping.times?.(values) ?? timestampOnly;
      const { time, replaced } = chooseTime(names, timeFields, reading, context.receivedAtMs);
      return { key: key !== undefined && isComplete(key) ? key : undefined, time, replaced, organization, loggedAt };
    },
    knows,
    known(object) {
      const found =
        knownParts.get(object) ?? Object.fromEntries(Object.entries(object).filter(isKnown).slice(0, maxKnown));
      knownParts.set(object, found);
      return found;
    },
  };
}

/** A time as part of a key. */
export const timeKey = (moment: Moment | undefined): KeyPart => moment && String(moment.keyMs);
