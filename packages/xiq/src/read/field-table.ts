// Field tables: the type and the target fields of each field of a message type.
import type { TargetFields } from '../document/target-fields.ts';
import { plainName } from '../plain-name.ts';
import type { Kind, Kinds } from './readers.ts';

/** The type of a kind's value in a document. */
type OutputType<K extends Kind> = K extends 'station' | 'time' ? string : Kinds[K];

/** The target fields that fit a kind, as a single value or as one of a list. */
type TargetsFor<K extends Kind> = {
  [P in keyof TargetFields]: OutputType<K> extends TargetFields[P]
    ? P
    : TargetFields[P] extends readonly string[]
      ? OutputType<K> extends string
        ? P
        : never
      : never;
}[keyof TargetFields];

/** A field of the sender, under its snake_case name. */
export type FieldRule = {
  [K in Kind]: {
    readonly as: K;
    /** Other names of the field. Case, `_` and `-` do not matter in any name. */
    readonly also?: readonly string[];
    /** A field of kind `object`, of which it may be a member. */
    readonly within?: string;
    /** Its target fields. Without them, the mapping's `finish` uses the value. */
    readonly to?: readonly TargetsFor<K>[];
  };
}[Kind];

export type FieldTable = Readonly<Record<string, FieldRule>>;

/** The operator's additional names of fields, by field. */
export type FurtherNames = Readonly<Record<string, readonly string[] | undefined>>;

/** The values of a table's fields. */
export type ValuesOf<T extends FieldTable> = { readonly [Name in keyof T]?: Kinds[T[Name]['as']] | undefined };

/** The names of a field in the form in which they are compared, by precedence. */
export const namesOf = (name: string, { also = [] }: FieldRule): readonly string[] => [
  ...new Set([name, ...also].map(plainName)),
];

/** `acct_session_id` becomes `acctSessionId`. */
export const camelCase = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
