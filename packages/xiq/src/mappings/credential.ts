// CREDENTIAL_LOG_ALL: something happened to a user's credentials.
import type { FieldTable } from '../field-table.ts';
import { defineMapping, timeKey } from '../mapping.ts';
import { classify } from './audit-fields.ts';
import { commonFields } from './common.ts';
import { setPerson } from './person.ts';

export const credentialFields = {
  ...commonFields,
  username: { as: 'text', also: ['user_name'] },
} as const satisfies FieldTable;

export const credentialMapping = defineMapping({
  fields: credentialFields,
  loggedAt: ({ timestamp }) => timestamp,
  key: (values) => [timeKey(values.timestamp), values.username],
  finish({ values, draft, leave }) {
    draft.time = values.timestamp;
    if (setPerson(draft, 'user.target', values.username)) leave('username');
    classify(draft, { action: 'credential-activity', category: ['iam'], type: ['info'], level: 'info' });
    draft.set(
      'message',
      values.username === undefined ? 'Credential activity' : `Credential activity for ${values.username}`,
    );
  },
});
