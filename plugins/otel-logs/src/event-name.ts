// The event's name: OpenTelemetry wants few of them, so nothing that a sender wrote gets in unseen.
import type { BatchItem } from '@xiq-siem/core';

/** The actions that ExtremeCloud IQ's mappings know by name; those made of a code (`xiq-monitor-30007`) are not here. */
export const knownActions = [
  'admin-activity',
  'admin-login',
  'admin-logout',
  'client-observed',
  'config-changed',
  'config-deployed',
  'credential-activity',
  'credential-email',
  'credential-sms',
  'gdpr-activity',
  'gdpr-data-erasure',
  'gdpr-data-export',
  'ppsk-user-created',
  'ppsk-user-deleted',
  'radius-accept',
  'radius-challenge',
  'radius-reject',
  'radius-reply',
  'session-end',
  'session-interim',
  'session-start',
] as const;

/** Names such as `extreme.xiq.audit.admin_login`; an action that is not among `actions` leaves the data set alone. */
export function createEventNames(actions: readonly string[]): (item: BatchItem) => string {
  const suffixes = new Map(actions.map((action) => [action, `.${action.replaceAll('-', '_')}`]));
  return ({ dataset, document }) => {
    const suffix = suffixes.get(document.event?.action ?? '') ?? '';
    return `${dataset.replace(/^extreme_xiq\./, 'extreme.xiq.')}${suffix}`;
  };
}
