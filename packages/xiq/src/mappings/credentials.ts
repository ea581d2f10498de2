// CREDENTIAL_LOG_ALL: activity on a user's credentials. EMAIL_LOG_ALL, SMS_LOG_ALL: credentials were sent to a user.
import type { DocumentDraft } from '../document/document-draft.ts';
import type { TargetFields } from '../document/target-fields.ts';
import type { FieldTable } from '../read/field-table.ts';
import { classify, commonFields, personOf, setPerson, suffix } from './common.ts';
import { type Classification, defineMapping, type Meanings, timeKey } from './mapping.ts';

type Outcome = TargetFields['event.outcome'];

/** The outcome of a sent message by its status: the enumeration of the REST API. */
const outcomes: ReadonlyMap<string, Outcome> = new Map(
  Object.entries<Outcome>({ SEND_OUT: 'unknown', COMPLETE: 'success', SUCCESS: 'success', FAIL: 'failure' }),
);

/** The form of a status in tables: in upper case. */
export const statusWord = (status: string): string => status.trim().toUpperCase();

/** The operator's status words override the built-in ones. */
function classifyStatus(
  { draft, meanings }: { readonly draft: DocumentDraft; readonly meanings: Meanings },
  status: string | undefined,
  action: string,
  category: Classification['category'],
): void {
  const word = status === undefined ? undefined : statusWord(status);
  const outcome = word === undefined ? undefined : (meanings.statusWords.get(word) ?? outcomes.get(word));
  classify(draft, { action, category, type: ['info'], outcome, level: outcome === 'failure' ? 'error' : 'info' });
}

export const credentialMapping = defineMapping({
  fields: { ...commonFields, username: { as: 'text', also: ['user_name'] } },
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.username],
  finish({ values, draft, moveToExtra }) {
    if (setPerson(draft, 'user.target', values.username)) moveToExtra('username');
    classify(draft, { action: 'credential-activity', category: ['iam'], type: ['info'], level: 'info' });
    draft.setField('message', `Credential activity${suffix(' for ', values.username)}`);
    return values.timestamp;
  },
});

const emailFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  // The owner of these ids is not documented.
  user_id: { as: 'text', to: ['extreme.xiq.user_id'] },
  customer_id: { as: 'text', to: ['extreme.xiq.customer_id'] },
  approver_email: { as: 'text', to: ['extreme.xiq.approver_email', 'related.user'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
} as const satisfies FieldTable;

export const emailMapping = defineMapping({
  fields: emailFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.user_id, values.username, values.status],
  finish(input) {
    const { values, draft, moveToExtra } = input;
    const { username, status } = values;
    classifyStatus(input, status, 'credential-email', ['email']);
    if (setPerson(draft, 'user.target', username)) moveToExtra('username');
    if (username !== undefined) draft.addToList('email.to.address', personOf(username).email);
    draft.setField('email.direction', 'outbound');
    draft.setField('message', `Credential e-mail${suffix(' to ', username)}${suffix(': ', status)}`);
    return values.timestamp;
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
  status_from_provider: { as: 'text', to: ['event.reason'] },
  provider_type: { as: 'text', to: ['service.name'] },
} as const satisfies FieldTable;

/** One message has several statuses, each an event. */
export const smsMapping = defineMapping({
  fields: smsFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [values.message_id, values.status, timeKey(values.timestamp)],
  finish(input) {
    const { values, draft } = input;
    classifyStatus(input, values.status, 'credential-sms', ['iam']);
    // The phone number is personal data: it has only its own field, which a destination can drop.
    draft.setField('message', `Credential SMS${suffix(': ', values.status)}`);
    return values.timestamp;
  },
});
