// The nine documented message types.

export const messageTypes = [
  'LOCATION_AP_CENTRIC',
  'LOCATION_CLIENT_CENTRIC',
  'AUDIT_LOG_ALL',
  'GDPR_LOG_ALL',
  'CREDENTIAL_LOG_ALL',
  'ACCOUNTING_LOG_ALL',
  'AUTHENTICATION_LOG_ALL',
  'EMAIL_LOG_ALL',
  'SMS_LOG_ALL',
] as const;

export type MessageType = (typeof messageTypes)[number];

export function isMessageType(text: string): text is MessageType {
  return messageTypes.some((type) => type === text);
}
