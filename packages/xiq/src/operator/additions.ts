// What an operator's mapping adds to ours, made ready once for each source.
import { statusWord } from '../mappings/notice-status.ts';
import type { Additions } from '../meanings.ts';
import type { OperatorRules } from './mapping-schema.ts';

export function additionsOf({ fields, auditCodes, statusWords }: OperatorRules): Additions {
  return {
    names: fields,
    meanings: {
      auditCodes: new Map(Object.entries(auditCodes)),
      statusWords: new Map(Object.entries(statusWords).map(([word, outcome]) => [statusWord(word), outcome])),
    },
  };
}
