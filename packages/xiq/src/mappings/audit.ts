// AUDIT_LOG_ALL: what administrators did.
import { defineMapping } from '../mapping.ts';
import { type AuditCode, auditCategoryMeanings, auditCodes, type Classification } from './audit-codes.ts';
import { auditFields, auditKey, classify, finishAudit } from './audit-fields.ts';
import { setPerson } from './person.ts';

const codes: ReadonlyMap<string, AuditCode> = new Map(Object.entries(auditCodes));
const meanings: ReadonlyMap<string, Classification> = new Map(Object.entries(auditCategoryMeanings));

/** MONITOR, SYSTEM, ALARM and what we do not know: no category of ECS fits, and no outcome is claimed. */
function unclassified(category: string | undefined, code: string | undefined): Classification {
  const suffix = code !== undefined && /^[\w.-]{1,32}$/.test(code) ? `-${code}` : '';
  return { action: `xiq-${category ?? 'unknown'}${suffix}`, type: ['info'], level: 'info' };
}

export const auditMapping = defineMapping({
  fields: auditFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: auditKey,
  finish(input) {
    const { values, draft, meanings: operators } = input;
    const category = finishAudit(input);
    const code = values.code ?? '';
    const known = codes.get(code);
    const classification = operators.auditCodes.get(code) ?? known ?? meanings.get(category ?? '');
    classify(draft, classification ?? unclassified(category, values.code));
    // How our own codes name whom they are about holds under an operator's classification too.
    const prefix = known?.targetAfter;
    if (prefix !== undefined && values.description?.startsWith(prefix) === true) {
      const target = values.description.slice(prefix.length).trim();
      if (target !== '') setPerson(draft, 'user.target', target);
    }
  },
});
