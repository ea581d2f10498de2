// SMS_LOG_ALL: credentials sent by SMS. One message has several statuses, each an event.
import type { FieldTable } from '../field-table.ts';
import { defineMapping, timeKey } from '../mapping.ts';
import { classify } from './audit-fields.ts';
import { commonFields } from './common.ts';
import { noticeOutcome } from './notice-status.ts';

export const smsFields = {
  ...commonFields,
  // Whose ids these are is not public.
  user_id: { as: 'text', to: ['extreme.xiq.user_id'] },
  customer_id: { as: 'text', to: ['extreme.xiq.customer_id'] },
  tel: { as: 'text', to: ['extreme.xiq.sms.tel'] },
  profile_name: { as: 'text', to: ['extreme.xiq.sms.profile'] },
  status: { as: 'text', to: ['extreme.xiq.status'] },
  message_id: { as: 'text', to: ['extreme.xiq.sms.message_id'] },
  status_from_provider: { as: 'text', to: ['event.reason'] },
  provider_type: { as: 'text', to: ['service.name'] },
} as const satisfies FieldTable;

export const smsMapping = defineMapping({
  fields: smsFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [values.message_id, values.status, timeKey(values.timestamp)],
  finish({ values, draft, meanings }) {
    draft.time = values.timestamp;
    const outcome = noticeOutcome(values.status, meanings);
    classify(draft, {
      action: 'credential-sms',
      category: ['iam'],
      type: ['info'],
      ...(outcome !== undefined && { outcome }),
      level: outcome === 'failure' ? 'error' : 'info',
    });
    // The number is personal: it stands in its own field alone, where a destination can leave it out.
    draft.set('message', values.status === undefined ? 'Credential SMS' : `Credential SMS: ${values.status}`);
  },
});
