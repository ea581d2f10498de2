// AUDIT_LOG_ALL: actions of administrators.

import { cachedByText } from '../cached-by-text.ts';
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import { classify, commonFields, setActor, setTarget } from './common.ts';
import {
  type Classification,
  type ClassificationRow,
  classification,
  defineMapping,
  type KeyPart,
  type MappingInput,
  timeKey,
} from './mapping.ts';
import { operatorsClassification } from './words.ts';

type Types = Classification['type'];

const ppskUser = (action: string, ...type: Types) =>
  classification(`ppsk-user-${action}`, ['iam'], ['user', ...type], action === 'deleted' ? 'notice' : 'info');

/** `warning`: fewer alerts, which an attacker may want. */
const alertPolicy = (action: string, ...type: Types) => {
  const level = action === 'deleted' || action === 'disabled' ? 'warning' : 'notice';
  return classification(`alert-policy-${action}`, ['configuration'], type, level);
};

const login = classification('admin-login', ['authentication'], ['start']);
const logout = classification('admin-logout', ['authentication', 'session'], ['end']);
const logDeletion = classification('audit-log-deleted', ['configuration'], ['deletion'], 'warning');

/** The meaning of a code includes its outcome. */
const codes: ReadonlyMap<string, Classification> = new Map(
  Object.entries<Classification>({
    '10001': { ...login, outcome: 'success' },
    '10002': { ...logout, outcome: 'success' },
    '40001': { ...ppskUser('created', 'creation'), outcome: 'success' },
    '40002': { ...ppskUser('updated', 'change'), outcome: 'success' },
    '40003': { ...ppskUser('deleted', 'deletion'), outcome: 'success' },
  }),
);

/** 40001 to 40003 are Cloud PPSK users. */
const ppskCodes = /^400\d\d$/;
const otherPpskCode = ppskUser('activity', 'info');

/** Starts of descriptions, in lower case. No text tells an outcome: only a code does. */
const texts: ReadonlyMap<string, Classification> = new Map(
  Object.entries<Classification>({
    'logged in with privileges of admin group': { ...login, outcome: 'unknown' },
    'logged out': { ...logout, outcome: 'unknown' },
    'created cloud ppsk user': ppskUser('created', 'creation'),
    'updated cloud ppsk user': ppskUser('updated', 'change'),
    'deleted cloud ppsk user': ppskUser('deleted', 'deletion'),
    'created alert policy': alertPolicy('created', 'creation'),
    'deleted alert policy': alertPolicy('deleted', 'deletion'),
    'disabled alert policy': alertPolicy('disabled', 'change'),
    'enabled alert policy': alertPolicy('enabled', 'change'),
    'reset device': classification('device-reset', ['host'], ['change'], 'notice'),
    // Assumed: the product can delete entries of its audit log, but no text of it is public.
    'deleted audit log': logDeletion,
    'deleted audit logs': logDeletion,
    'deleted audit log entries': logDeletion,
  }),
);

/** A start of a description, its object, and the object's name. */
const textForm =
  /^([a-z]{1,20} (?:in with privileges of )?(cloud ppsk user|alert policy|device|admin group|audit log(?: entries|s)?))(?:\s+(\S.*))?$/is;

interface Text {
  readonly start: string;
  readonly object?: string | undefined;
  readonly name?: string | undefined;
}

const longestText = 1_024;
const longestStart = 64;

/** Brackets and quotes around a name. */
const enclosed = /^(?:\[(.+)\]|"(.+)"|'(.+)')$/s;

const readText = cachedByText((description): Text => {
  if (description.length > longestText) return { start: '' };
  const text = description.trim();
  const [, start, object, rest] = textForm.exec(text) ?? [];
  if (start === undefined) return { start: text.length > longestStart ? '' : text.toLowerCase() };
  const [, ...inner] = (rest === undefined ? undefined : enclosed.exec(rest)) ?? [];
  const name = inner.find((part) => part !== undefined) ?? rest;
  // The name of a device has no blank: this is another text.
  if (object?.toLowerCase() === 'device' && (name === undefined || /\s/.test(name))) return { start: '' };
  return { start: start.toLowerCase(), object: object?.toLowerCase(), name };
});

/**
 * The enumeration of the REST API, in its published order. The numbers of webhooks are assumed to follow this order from 1
 * (only 1 is documented). So the document has the number too, a derived name is marked as derived, and it decides nothing.
 */
const auditCategories = ['admin', 'system', 'deployment', 'config', 'monitor', 'alarm'] as const;

/** By a category that was sent as a word. */
const categoryMeanings: ReadonlyMap<string, Classification> = new Map(
  Object.entries({
    admin: classification('admin-activity', ['iam'], ['admin', 'info']),
    config: classification('config-changed', ['configuration'], ['change'], 'notice'),
    deployment: classification('config-deployed', ['configuration'], ['change'], 'notice'),
  }),
);

/** For MONITOR, SYSTEM, ALARM and no word: no ECS category fits, and the outcome is unknown. */
function unclassified(category: string | undefined, code: string | undefined): Classification {
  const suffix = code !== undefined && /^[\w.-]{1,32}$/.test(code) ? `-${code}` : '';
  return classification(`xiq-${category ?? 'audit'}${suffix}`, undefined, ['info']);
}

export const auditFields = {
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

export const auditKey = (values: Values): readonly KeyPart[] => [
  timeKey(values.timestamp),
  values.user_id,
  values.code,
  values.description,
];

/** Sets the category fields. Returns the name of the category if it was sent as a word. */
export function setCategory({
  values: { category },
  draft,
  moveToExtra,
}: MappingInput<typeof auditFields>): string | undefined {
  if (category === undefined) return undefined;
  const number = /^\d{1,9}$/.test(category) ? Number(category) : undefined;
  const word = category.trim().toLowerCase();
  const name = auditCategories.find((known, index) => known === word || index + 1 === number);
  draft.setField('extreme.xiq.audit.category_id', number);
  draft.setField('extreme.xiq.audit.category', name);
  if (number === undefined && name === undefined) moveToExtra('category');
  if (number === undefined) return name;
  if (name !== undefined) draft.setField('extreme.xiq.audit.category_derived', true);
  return undefined;
}

const rows: readonly ClassificationRow[] = [
  ...[...codes].map(([code, as]) => ({ when: `\`code\` ${code}`, as })),
  ...[...texts].map(([start, as]) => ({ when: `\`description\` starts with "${start}"`, as })),
  { when: '`code` 400xx', as: otherPpskCode },
  ...[...categoryMeanings].map(([word, as]) => ({ when: `\`category\` ${word.toUpperCase()}, as a word`, as })),
  { when: 'else', as: { ...unclassified(undefined, undefined), action: 'xiq-<category>-<code>' } },
];

export const auditMapping = defineMapping({
  fields: auditFields,
  classifications: rows,
  loggedAt: ({ timestamp }) => timestamp,
  key: auditKey,
  finish(input) {
    const { values, draft, meanings } = input;
    const { code, description, parameters } = values;
    setActor(draft, values.username);
    if (description === undefined) draft.setField('message', parameters);
    const category = setCategory(input);
    const text = readText(description ?? '');
    const found =
      operatorsClassification(meanings, code) ??
      codes.get(code ?? '') ??
      texts.get(text.start) ??
      (ppskCodes.test(code ?? '') ? otherPpskCode : categoryMeanings.get(category ?? ''));
    classify(draft, found ?? unclassified(category, code));
    setObject(input, text);
  },
});

/** `extreme.xiq.audit.object_type` by the object of a description. */
const objectTypes: ReadonlyMap<string, string> = new Map([
  ['cloud ppsk user', 'ppsk_user'],
  ['alert policy', 'alert_policy'],
  ['device', 'device'],
]);

/** The object that a description names: a role, a user, or a thing. */
function setObject({ draft, values }: MappingInput<typeof auditFields>, { start, object = '', name }: Text): void {
  const type = objectTypes.get(object);
  const isPpskCode = type === 'ppsk_user' && ppskCodes.test(values.code ?? '');
  if (name === undefined || !(texts.has(start) || isPpskCode)) return;
  if (object === 'admin group') draft.addToList('user.roles', name);
  if (type === undefined) return;
  if (type === 'ppsk_user') setTarget(draft, name);
  if (type === 'device') draft.addToList('related.hosts', name);
  draft.setField('extreme.xiq.audit.object', name);
  draft.setField('extreme.xiq.audit.object_type', type);
}
