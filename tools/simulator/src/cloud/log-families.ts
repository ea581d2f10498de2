// Maps each message type to the REST API: its data type and its log.
import type { SentType } from '../message-types.ts';

export const restLogs = ['audit', 'auth', 'accounting', 'credential', 'email', 'sms'] as const;
export type RestLog = (typeof restLogs)[number];

export interface LogFamily {
  readonly dataType: string;
  /** None for GDPR, location and alerts: lost webhooks of these cannot be read again. */
  readonly log: RestLog | undefined;
  /** The field (in the REST form) that the fault `reword` changes. It identifies an event. */
  readonly reworded: string;
}

export const logFamilies: Readonly<Record<SentType, LogFamily>> = {
  LOCATION_AP_CENTRIC: { dataType: 'LOCATION', log: undefined, reworded: '' },
  LOCATION_CLIENT_CENTRIC: { dataType: 'LOCATION', log: undefined, reworded: '' },
  AUDIT_LOG_ALL: { dataType: 'AUDIT_LOG', log: 'audit', reworded: 'description' },
  GDPR_LOG_ALL: { dataType: 'GDPR_LOG', log: undefined, reworded: '' },
  CREDENTIAL_LOG_ALL: { dataType: 'CREDENTIAL_LOG', log: 'credential', reworded: 'username' },
  ACCOUNTING_LOG_ALL: { dataType: 'ACCOUNTING_LOG', log: 'accounting', reworded: 'acct_session_id' },
  AUTHENTICATION_LOG_ALL: { dataType: 'AUTHENTICATION_LOG', log: 'auth', reworded: 'reply' },
  EMAIL_LOG_ALL: { dataType: 'EMAIL_LOG', log: 'email', reworded: 'username' },
  ALERT: { dataType: 'ALERT', log: undefined, reworded: '' },
  SMS_LOG_ALL: { dataType: 'SMS_LOG', log: 'sms', reworded: 'message_id' },
};

/** The message type of a log; undefined for an unknown log. */
export function messageTypeOf(log: string): SentType | undefined {
  const types: readonly SentType[] = [
    'AUDIT_LOG_ALL',
    'CREDENTIAL_LOG_ALL',
    'ACCOUNTING_LOG_ALL',
    'AUTHENTICATION_LOG_ALL',
    'EMAIL_LOG_ALL',
    'SMS_LOG_ALL',
  ];
  return types.find((type) => logFamilies[type].log === log);
}
