// The vendor's nine message types, and the families that they fall into.

/** The message types that ExtremeCloud IQ documents. */
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
} as const;

export type MessageType = keyof typeof messageTypes;

/** The families of events that could be read. */
export type MappedFamily = (typeof messageTypes)[MessageType] | 'unknown';
/** What an event is about: names its dataset, `extreme_xiq.<family>`, and is a part of its id. */
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
  unknown: make('unknown'),
});

/** Stands for the message type where neither the URL nor the shape of an element names one. */
export const noMessageType = 'UNKNOWN';

const familiesByType: ReadonlyMap<string, MappedFamily> = new Map(Object.entries(messageTypes));

/** The family of a type that the URL named. The vendor's tenth type, whatever its name, is kept as `unknown`. */
export function familyOf(messageType: string): MappedFamily {
  return familiesByType.get(messageType) ?? 'unknown';
}

/** Whether it is one of the nine, or looks like one that the vendor may add. */
export function looksLikeMessageType(messageType: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(messageType);
}

export const datasetOf = (family: Family): string => `extreme_xiq.${family}`;
