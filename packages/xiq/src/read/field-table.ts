// Field tables: which of the sender's fields is read as what, and where it goes. Data; each message type has one.
import type { Places } from '../document/places.ts';
import type { Kind, Kinds } from './readers.ts';

/** What a kind is written as. */
type Written<K extends Kind> = K extends 'station' | 'time' ? string : Kinds[K];

/** The places that take what a kind writes, as one value or as one of a list. */
type PlacesFor<K extends Kind> = {
  [P in keyof Places]: Written<K> extends Places[P]
    ? P
    : Places[P] extends readonly string[]
      ? Written<K> extends string
        ? P
        : never
      : never;
}[keyof Places];

/** One field of the sender's, under its snake_case name. */
export type FieldRule = {
  [K in Kind]: {
    readonly as: K;
    /** Other names that it may have; the camelCase of each is understood. */
    readonly also?: readonly string[];
    /** Where it goes as it is. A field without a place is for the mapping to finish. */
    readonly to?: readonly PlacesFor<K>[];
  };
}[Kind];

export type FieldTable = Readonly<Record<string, FieldRule>>;

/** An operator's further names of fields, by the field's own name. */
export type FurtherNames = Readonly<Record<string, readonly string[] | undefined>>;

/** What was read of a table's fields. */
export type ValuesOf<T extends FieldTable> = { readonly [Name in keyof T]?: Kinds[T[Name]['as']] | undefined };

/** `acct_session_id` becomes `acctSessionId`. */
export const camelCase = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every spelling of a field, the one that wins first: camelCase is the webhook's own. */
export function spellings(name: string, rule: FieldRule): readonly string[] {
  return [...new Set([name, ...(rule.also ?? [])].flatMap((known) => [camelCase(known), known]))];
}
