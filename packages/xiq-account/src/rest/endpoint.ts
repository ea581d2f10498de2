// The calls that we make of ExtremeCloud IQ, by names that metrics count and in words that messages use.

export const endpoints = {
  login: 'Logging in',
  logout: 'Logging out',
  subscriptions_list: 'Listing the webhook subscriptions',
  subscriptions_create: 'Creating webhook subscriptions',
  subscriptions_update: 'Changing a webhook subscription',
  subscriptions_delete: 'Deleting webhook subscriptions',
  logs_audit: 'Reading the audit log',
  logs_auth: 'Reading the authentication log',
  logs_accounting: 'Reading the accounting log',
  logs_credential: 'Reading the credential log',
  logs_email: 'Reading the e-mail log',
  logs_sms: 'Reading the SMS log',
} as const;

export type Endpoint = keyof typeof endpoints;
