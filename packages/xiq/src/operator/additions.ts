// What an operator's mapping adds to ours, made ready once for each source.
import type { Classification } from '../mappings/audit-codes.ts';
import { type NoticeOutcome, statusWord } from '../mappings/notice-status.ts';
import type { MappedFamily } from '../message-types.ts';
import type { OperatorRules } from './mapping-schema.ts';

/** Further names of fields, by the field's own name. */
export type FurtherNames = Readonly<Record<string, readonly string[] | undefined>>;

/** What values mean, before our own tables are asked. */
export interface Meanings {
  readonly auditCodes: ReadonlyMap<string, Classification>;
  /** By `statusWord`. */
  readonly statusWords: ReadonlyMap<string, NoticeOutcome>;
}

export interface Additions {
  readonly names: { readonly [Family in MappedFamily]?: FurtherNames | undefined };
  readonly meanings: Meanings;
}

export const noMeanings: Meanings = { auditCodes: new Map(), statusWords: new Map() };
export const noAdditions: Additions = { names: {}, meanings: noMeanings };

export function additionsOf({ fields, auditCodes, statusWords }: OperatorRules): Additions {
  return {
    names: fields,
    meanings: {
      auditCodes: new Map(Object.entries(auditCodes)),
      statusWords: new Map(Object.entries(statusWords).map(([word, outcome]) => [statusWord(word), outcome])),
    },
  };
}
