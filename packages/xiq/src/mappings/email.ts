// EMAIL_LOG_ALL: credentials sent by e-mail.
import type { FieldTable } from '../field-table.ts';
import { defineMapping, timeKey } from '../mapping.ts';
import { classify } from './audit-fields.ts';
import { commonFields } from './common.ts';
import { noticeOutcome } from './notice-status.ts';
import { personOf, setPerson } from './person.ts';

export const emailFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
  // Whose ids these are is not public.
  user_id: { as: 'text', to: ['extreme.xiq.user_id'] },
  customer_id: { as: 'text', to: ['extreme.xiq.customer_id'] },
  approver_email: { as: 'text', to: ['extreme.xiq.approver_email', 'related.user'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
} as const satisfies FieldTable;

export const emailMapping = defineMapping({
  fields: emailFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.user_id, values.username, values.status],
  finish({ values, draft, leave, meanings }) {
    draft.time = values.timestamp;
    const outcome = noticeOutcome(values.status, meanings);
    classify(draft, {
      action: 'credential-email',
      category: ['email'],
      type: ['info'],
      ...(outcome !== undefined && { outcome }),
      level: outcome === 'failure' ? 'error' : 'info',
    });
    if (setPerson(draft, 'user.target', values.username)) leave('username');
    if (values.username !== undefined) draft.add('email.to.address', personOf(values.username).email);
    draft.set('email.direction', 'outbound');
    const to = values.username === undefined ? '' : ` to ${values.username}`;
    const status = values.status === undefined ? '' : `: ${values.status}`;
    draft.set('message', `Credential e-mail${to}${status}`);
  },
});
