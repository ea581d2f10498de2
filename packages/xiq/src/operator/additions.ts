// What an operator's mapping adds to ours, made ready once for each source.
import { statusWord } from '../mappings/notice-status.ts';
import { type FurtherNames, type Meanings, noMeanings } from '../meanings.ts';
import type { MappedFamily } from '../message-types.ts';
import type { OperatorRules } from './mapping-schema.ts';

export interface Additions {
  readonly names: { readonly [Family in MappedFamily]?: FurtherNames | undefined };
  readonly meanings: Meanings;
}

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
