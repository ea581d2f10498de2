// The message types of ExtremeCloud IQ, and their families.

/** The nine message types that ExtremeCloud IQ documents, and `ALERT` for the webhooks of alert policies. */
export const messageTypes = {
  LOCATION_AP_CENTRIC: 'location',
  LOCATION_CLIENT_CENTRIC: 'location',
  AUDIT_LOG_ALL: 'audit',
  GDPR_LOG_ALL: 'gdpr',
  CREDENTIAL_LOG_ALL: 'credential',
  ACCOUNTING_LOG_ALL: 'accounting',
  AUTHENTICATION_LOG_ALL: 'auth',
  EMAIL_LOG_ALL: 'email',
  SMS_LOG_ALL: 'sms',
  ALERT: 'alert',
} as const;

export type MessageType = keyof typeof messageTypes;

/** The families of readable events. */
export type MappedFamily = (typeof messageTypes)[MessageType] | 'unknown';
/** The kind of an event. Its dataset `extreme_xiq.<family>` and its id contain it. */
export type Family = MappedFamily | 'unparsed';

/** One value for each family. */
export const perFamily = <T>(make: (family: MappedFamily) => T): Readonly<Record<MappedFamily, T>> => ({
  audit: make('audit'),
  gdpr: make('gdpr'),
  credential: make('credential'),
  accounting: make('accounting'),
  auth: make('auth'),
  email: make('email'),
  sms: make('sms'),
  location: make('location'),
  alert: make('alert'),
  unknown: make('unknown'),
});

/** The message type if neither the URL nor the fields of an element give one. */
export const noMessageType = 'UNKNOWN';

const familiesByType: ReadonlyMap<string, MappedFamily> = new Map(Object.entries(messageTypes));

/** The family of a message type. New types of the vendor are `unknown`. */
export function familyOf(messageType: string): MappedFamily {
  return familiesByType.get(messageType) ?? 'unknown';
}

/** Whether the text has the form of a message type. The vendor may add new ones. */
export function looksLikeMessageType(messageType: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(messageType);
}

export const datasetOf = (family: Family): string => `extreme_xiq.${family}`;

/** Every dataset of the source. */
export const datasets: readonly string[] = [...Object.values(perFamily(datasetOf)), datasetOf('unparsed')];

/** For new message types of the vendor, and for events that cannot be read. */
export const fallbackDatasets: readonly string[] = [datasetOf('unknown'), datasetOf('unparsed')];
