// CREDENTIAL_LOG_ALL: activity on a user's credentials. EMAIL_LOG_ALL, SMS_LOG_ALL: credentials were sent to a user.
import type { FieldTable } from '../read/field-table.ts';
import { classify, commonFields, personOf, relatePerson, setTarget, suffix } from './common.ts';
import { type Classification, classification, defineMapping, type MappingInput, timeKey } from './mapping.ts';
import { operatorsClassification, outcomeOf, statusWord } from './words.ts';

const credential = (action: string, ...type: Classification['type']) =>
  classification(`credential-${action}`, ['iam'], type);

const anyActivity = credential('activity', 'info');

/** Words in the action, as `statusWord` writes them. */
const actionWords: readonly (readonly [string, Classification])[] = [
  ['ADD ADDED CREATE CREATED GENERATED ISSUED REGISTERED', credential('created', 'user', 'creation')],
  ['DELETE DELETED REMOVE REMOVED', credential('deleted', 'user', 'deletion')],
  ['EXTENDED RENEW RENEWED', credential('renewed', 'user', 'change')],
  ['REVOKE REVOKED', credential('revoked', 'user', 'deletion')],
  ['CHANGED MODIFIED RESET UPDATE UPDATED', credential('updated', 'user', 'change')],
  ['DELIVERED RESENT SENT', credential('sent', 'info')],
];

const credentialActions: ReadonlyMap<string, Classification> = new Map(
  actionWords.flatMap(([words, classification]) => words.split(' ').map((word) => [word, classification])),
);

const credentialFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  action: { as: 'text', to: ['extreme.xiq.credential.action'] },
} as const satisfies FieldTable;

export const credentialMapping = defineMapping({
  fields: credentialFields,
  classifications: [
    ...actionWords.map(([words, as]) => ({ when: `\`action\` ${words.replaceAll(' ', ', ')}`, as })),
    { when: 'else', as: anyActivity },
  ],
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.username],
  finish({ values, draft, meanings }) {
    const { username, action } = values;
    setTarget(draft, username);
    const builtIn = action === undefined ? undefined : credentialActions.get(statusWord(action));
    classify(draft, operatorsClassification(meanings, action) ?? builtIn ?? anyActivity);
    draft.setField('message', `Credential activity${suffix(' for ', username)}${suffix(': ', action)}`);
  },
});

const emailFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  // The owner of these ids is not documented.
  user_id: { as: 'text', to: ['extreme.xiq.user_id'] },
  customer_id: { as: 'text', to: ['extreme.xiq.customer_id'] },
  approver_email: { as: 'text', to: ['extreme.xiq.approver_email'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
} as const satisfies FieldTable;

/** Classifies a message that was sent, by its status. */
function classifyMessage(
  { draft, meanings }: Pick<MappingInput<typeof emailFields>, 'draft' | 'meanings'>,
  status: string | undefined,
  builtIn: Classification,
): void {
  const own = operatorsClassification(meanings, status);
  const outcome = own?.outcome ?? outcomeOf(status, meanings);
  const level = own?.level ?? (outcome === 'failure' ? 'error' : 'info');
  classify(draft, { ...(own ?? builtIn), outcome, level });
}

const sentEmail = classification('credential-email', ['email'], ['info']);
const sentSms = credential('sms', 'info');

export const emailMapping = defineMapping({
  fields: emailFields,
  classifications: [{ when: 'outcome by `status`', as: sentEmail }],
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.user_id, values.username, values.status],
  finish(input) {
    const { values, draft } = input;
    const { username, status } = values;
    classifyMessage(input, status, sentEmail);
    setTarget(draft, username);
    if (username !== undefined) draft.addToList('email.to.address', personOf(username).email);
    if (values.approver_email !== undefined) relatePerson(draft, personOf(values.approver_email));
    draft.setField('email.direction', 'outbound');
    draft.setField('message', `Credential e-mail${suffix(' to ', username)}${suffix(': ', status)}`);
  },
});

const smsFields = {
  ...commonFields,
  // The owner of these ids is not documented.
  user_id: { as: 'text', to: ['extreme.xiq.user_id'] },
  customer_id: { as: 'text', to: ['extreme.xiq.customer_id'] },
  tel: { as: 'text', to: ['extreme.xiq.sms.tel'] },
  profile_name: { as: 'text', to: ['extreme.xiq.sms.profile'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
  message_id: { as: 'text', to: ['extreme.xiq.sms.message_id'] },
  status_from_provider: { as: 'text' },
  provider_type: { as: 'text', to: ['service.name'] },
} as const satisfies FieldTable;

/** A number in any notation: digits with separators. */
const phoneLike = /\+?\d[\d\s()./-]{3,}\d/g;
/** Notations differ at the start: `+49 30 555`, `0049 30 555`, `030 555`. */
const comparedDigits = 7;
const fewestDigits = 5;

const digitsOf = (text: string): string => text.replace(/\D/g, '');

/** The phone number is personal data: it is only in `extreme.xiq.sms.tel`, which a destination can drop. */
function withoutPhone(reason: string, tel: string | undefined): string {
  const end = digitsOf(tel ?? '').slice(-comparedDigits);
  return reason.replace(phoneLike, (found) => {
    const digits = digitsOf(found);
    const isInternational = found.startsWith('+') && digits.length >= comparedDigits;
    return isInternational || (end.length >= fewestDigits && digits.endsWith(end)) ? '[tel]' : found;
  });
}

/** One message has several statuses, each an event. */
export const smsMapping = defineMapping({
  fields: smsFields,
  classifications: [{ when: 'outcome by `status`', as: sentSms }],
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [values.message_id, values.status, timeKey(values.timestamp)],
  finish(input) {
    const { values, draft } = input;
    const { status, tel, status_from_provider: reason } = values;
    classifyMessage(input, status, sentSms);
    if (reason !== undefined) draft.setField('event.reason', withoutPhone(reason, tel));
    draft.setField('message', `Credential SMS${suffix(': ', status)}`);
  },
});
