// The nine documented message types of webhook subscriptions, and the type of alerts.

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

/** Alerts have subscriptions without a message type; their URL ends with ALERT. */
export const sentTypes = [...messageTypes, 'ALERT'] as const;

export type SentType = (typeof sentTypes)[number];
