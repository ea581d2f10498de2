// AUDIT_LOG_ALL: actions of administrators. GDPR_LOG_ALL: its payload is not public; it is read as an audit event.
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import { classify, commonFields, setPerson } from './common.ts';
import { type Classification, defineMapping, type KeyPart, type MappingInput, timeKey } from './mapping.ts';

interface AuditCode extends Classification {
  /** The text in the description before the name of the target user. */
  readonly targetAfter?: string;
}

/** The classification of audit codes. */
const auditCodes: ReadonlyMap<string, AuditCode> = new Map(
  Object.entries<AuditCode>({
    '10001': {
      action: 'admin-login',
      category: ['authentication'],
      type: ['start'],
      outcome: 'success',
      level: 'info',
    },
    '10002': {
      action: 'admin-logout',
      category: ['authentication', 'session'],
      type: ['end'],
      outcome: 'success',
      level: 'info',
    },
    '40001': {
      action: 'ppsk-user-created',
      category: ['iam'],
      type: ['user', 'creation'],
      outcome: 'success',
      level: 'info',
      targetAfter: 'Created Cloud PPSK User ',
    },
    '40003': {
      action: 'ppsk-user-deleted',
      category: ['iam'],
      type: ['user', 'deletion'],
      outcome: 'success',
      level: 'notice',
      targetAfter: 'Deleted Cloud PPSK User ',
    },
  }),
);

/**
 * The enumeration of the REST API, in its published order. The numbers of webhooks are assumed to follow this order from 1
 * (only 1 is documented). So the document has the number too, and a derived name is marked as derived.
 */
const auditCategories = ['admin', 'system', 'deployment', 'config', 'monitor', 'alarm'] as const;

/** The classification of a code that is not in the table, by its category. */
const categoryMeanings: ReadonlyMap<string, Classification> = new Map(
  Object.entries<Classification>({
    admin: { action: 'admin-activity', category: ['iam'], type: ['admin', 'info'], level: 'info' },
    config: { action: 'config-changed', category: ['configuration'], type: ['change'], level: 'notice' },
    deployment: { action: 'config-deployed', category: ['configuration'], type: ['change'], level: 'notice' },
  }),
);

/** For MONITOR, SYSTEM, ALARM and unknown categories: no ECS category fits, and the outcome is unknown. */
function unclassified(category: string | undefined, code: string | undefined): Classification {
  const suffix = code !== undefined && /^[\w.-]{1,32}$/.test(code) ? `-${code}` : '';
  return { action: `xiq-${category ?? 'unknown'}${suffix}`, type: ['info'], level: 'info' };
}

const auditFields = {
  ...commonFields,
  user_id: { as: 'text', to: ['user.id'] },
  username: { as: 'text', also: ['user_name'] },
  code: { as: 'text', to: ['event.code'] },
  category: { as: 'text' },
  description: { as: 'text', to: ['message'] },
  parameters: { as: 'text', to: ['extreme.xiq.audit.parameters'] },
  full_description_id: { as: 'text', to: ['extreme.xiq.audit.full_description_id'] },
  config: { as: 'text', to: ['extreme.xiq.audit.config'] },
  host_names: { as: 'list', to: ['related.hosts'] },
  device_ids: { as: 'list', to: ['extreme.xiq.device.ids'] },
  device_count: { as: 'count', to: ['extreme.xiq.device.count'] },
} as const satisfies FieldTable;

type Values = ValuesOf<typeof auditFields>;
type Input = MappingInput<typeof auditFields>;

/** Common to audit and GDPR events. */
const shared = {
  fields: auditFields,
  loggedAt: ({ timestamp }: Values) => timestamp,
  key: (values: Values): readonly KeyPart[] => [
    timeKey(values.timestamp),
    values.user_id,
    values.code,
    values.description,
  ],
};

/** Sets the category fields, and returns the name of the category. */
function categoryName({ values, draft, moveToExtra }: Input): string | undefined {
  const { category } = values;
  if (category === undefined) return undefined;
  const number = /^\d{1,9}$/.test(category) ? Number(category) : undefined;
  const name = auditCategories.find((known, index) => known === category.toLowerCase() || index + 1 === number);
  draft.setField('extreme.xiq.audit.category_id', number);
  draft.setField('extreme.xiq.audit.category', name);
  if (name !== undefined && number !== undefined) draft.setField('extreme.xiq.audit.category_derived', true);
  if (name === undefined && number === undefined) moveToExtra('category');
  return name;
}

/** Sets the fields common to audit and GDPR events. Returns the name of the category. */
function finishShared(input: Input): string | undefined {
  const { values, draft, moveToExtra } = input;
  if (setPerson(draft, 'user', values.username)) moveToExtra('username');
  if (values.description === undefined && values.parameters !== undefined) draft.setField('message', values.parameters);
  return categoryName(input);
}

export const auditMapping = defineMapping({
  ...shared,
  finish(input) {
    const { values, draft, meanings } = input;
    const category = finishShared(input);
    const code = values.code ?? '';
    const known = auditCodes.get(code);
    const classification = meanings.codes.get(code) ?? known ?? categoryMeanings.get(category ?? '');
    classify(draft, classification ?? unclassified(category, values.code));
    // The prefix of a built-in code applies under the operator's classification too.
    const prefix = known?.targetAfter;
    if (prefix !== undefined && values.description?.startsWith(prefix) === true) {
      const target = values.description.slice(prefix.length).trim();
      if (target !== '') setPerson(draft, 'user.target', target);
    }
    return values.timestamp;
  },
});

/** By keywords in the description; the first match is used. The outcome stays unknown. */
const gdprActions: readonly (Classification & { readonly pattern: RegExp })[] = [
  {
    pattern: /\b(?:delet|eras|remov|forg[eo]t)/i,
    action: 'gdpr-data-erasure',
    category: ['iam'],
    type: ['user', 'deletion'],
    level: 'warning',
  },
  {
    pattern: /\b(?:view|export|download)/i,
    action: 'gdpr-data-export',
    category: ['iam', 'database'],
    type: ['user', 'access'],
    level: 'info',
  },
];

const fallback: Classification = { action: 'gdpr-activity', category: ['iam'], type: ['info'], level: 'info' };

export const gdprMapping = defineMapping({
  ...shared,
  finish(input) {
    const { values, draft } = input;
    finishShared(input);
    const text = values.description ?? values.parameters ?? '';
    classify(draft, gdprActions.find(({ pattern }) => pattern.test(text)) ?? fallback);
    draft.addToList('tags', 'gdpr');
    return values.timestamp;
  },
});
