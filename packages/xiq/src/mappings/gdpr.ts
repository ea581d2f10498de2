// GDPR_LOG_ALL: no payload of it is public; it is read as an audit event.
import { defineMapping } from '../mapping.ts';
import type { Classification } from './audit-codes.ts';
import { auditFields, auditKey, classify, finishAudit } from './audit-fields.ts';

/** By the description's words, the first that fits. Words never give an outcome. */
export const gdprActions: readonly (Classification & { readonly words: RegExp })[] = [
  {
    words: /\b(?:delet|eras|remov|forg[eo]t)/i,
    action: 'gdpr-data-erasure',
    category: ['iam'],
    type: ['user', 'deletion'],
    level: 'warning',
  },
  {
    words: /\b(?:view|export|download)/i,
    action: 'gdpr-data-export',
    category: ['iam', 'database'],
    type: ['user', 'access'],
    level: 'info',
  },
];

const otherwise: Classification = { action: 'gdpr-activity', category: ['iam'], type: ['info'], level: 'info' };

export const gdprMapping = defineMapping({
  fields: auditFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: auditKey,
  finish(input) {
    finishAudit(input);
    const text = input.values.description ?? input.values.parameters ?? '';
    classify(input.draft, gdprActions.find(({ words }) => words.test(text)) ?? otherwise);
    input.draft.add('tags', 'gdpr');
  },
});
