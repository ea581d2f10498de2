// What an operator adds to a mapping: further names of fields, and what values mean.
import type { Classification } from './mappings/audit-codes.ts';
import type { MappedFamily } from './message-types.ts';
import type { Places } from './places.ts';

/** Further names of fields, by the field's own name. */
export type FurtherNames = Readonly<Record<string, readonly string[] | undefined>>;

/** What values mean, before our own tables are asked. */
export interface Meanings {
  readonly auditCodes: ReadonlyMap<string, Classification>;
  /** By `statusWord`. */
  readonly statusWords: ReadonlyMap<string, NoticeOutcome>;
}

export type NoticeOutcome = Places['event.outcome'];

export const noMeanings: Meanings = { auditCodes: new Map(), statusWords: new Map() };

export interface Additions {
  readonly names: { readonly [Family in MappedFamily]?: FurtherNames | undefined };
  readonly meanings: Meanings;
}

export const noAdditions: Additions = { names: {}, meanings: noMeanings };
