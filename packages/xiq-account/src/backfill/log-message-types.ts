// Which message type's events each of the six logs holds.
import type { MessageType } from '@xiq-siem/xiq';
import { type LogType, logTypes } from '../rest/log-pages.ts';

/** The message type of each log's events, as webhooks name it. */
export const messageTypeOfLog = {
  audit: 'AUDIT_LOG_ALL',
  auth: 'AUTHENTICATION_LOG_ALL',
  accounting: 'ACCOUNTING_LOG_ALL',
  credential: 'CREDENTIAL_LOG_ALL',
  email: 'EMAIL_LOG_ALL',
  sms: 'SMS_LOG_ALL',
} as const satisfies Record<LogType, MessageType>;

/** The log that holds a message type's events: none for GDPR, LOCATION and what we do not know. */
export function logOfMessageType(messageType: string): LogType | undefined {
  return logTypes.find((type) => messageTypeOfLog[type] === messageType);
}
