// The event name. OpenTelemetry expects few distinct names, so only known actions become part of one.
import type { BatchItem } from '@xiq-siem/core';

/** The named actions of the ExtremeCloud IQ mappings. Actions made from a code (`xiq-audit-30007`) are not included. */
export const knownActions: readonly string[] = `
  admin-activity admin-login admin-logout alert-acknowledged alert-policy-created alert-policy-deleted
  alert-policy-disabled alert-policy-enabled alert-raised audit-log-deleted client-observed config-changed
  config-deployed credential-activity credential-created credential-deleted credential-email credential-renewed
  credential-revoked credential-sent credential-sms credential-updated device-reset gdpr-activity gdpr-data-erasure
  gdpr-data-export ppsk-user-activity ppsk-user-created ppsk-user-deleted ppsk-user-updated radius-accept
  radius-accounting-off radius-accounting-on radius-challenge radius-reject radius-reply session-end session-interim
  session-start
`
  .trim()
  .split(/\s+/);

/** Returns names such as `extreme.xiq.audit.admin_login`, or the data set alone if the action is not in `actions`. */
export function createEventNames(actions: readonly string[]): (item: BatchItem) => string {
  const suffixes = new Map(actions.map((action) => [action, `.${action.replaceAll('-', '_')}`]));
  return ({ dataset, document }) => {
    const suffix = suffixes.get(document.event?.action ?? '') ?? '';
    return `${dataset.replace(/^extreme_xiq\./, 'extreme.xiq.')}${suffix}`;
  };
}
