// Compares a subscription with its desired state; the result contains no secret.
import { sanitizeServerMessage } from '@xiq-siem/core';
import { isMasked, isSameSecret } from '../rest/same-secret.ts';
import type { DesiredSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import { isSameUrl } from './target.ts';

export interface FieldChange {
  readonly field: 'url' | 'status' | 'secret' | 'policies';
  /** Short, without a secret, as `after`. */
  readonly before: string;
  readonly after: string;
}

export type HiddenField = 'status' | 'secret';

/** Text that a user entered at ExtremeCloud IQ, on one short line. */
export const shownText = (text: string): string => sanitizeServerMessage(text, [], 200) || '(empty)';

/** Without user, password, query and fragment: in a foreign URL they may contain a secret. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return shownText(url.replace(/[?#].*$/s, '?…').replace(/\/\/[^/]*@/, '//…@'));
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const user = username + password === '' ? '' : '…@';
  return shownText(`${protocol}//${user}${host}${pathname}${search + hash === '' ? '' : '?…'}`);
}

/** Undefined if ExtremeCloud IQ does not show it. */
export function shownSecret({ secret }: XiqSubscription) {
  return secret === undefined || isMasked(secret) ? undefined : secret;
}

export function fieldChanges(found: XiqSubscription, desired: DesiredSubscription): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  if (!isSameUrl(found.url, desired.url)) {
    changes.push({ field: 'url', before: shownUrl(found.url), after: shownUrl(desired.url) });
  }
  if (found.status !== undefined && found.status !== desired.status) {
    changes.push({ field: 'status', before: shownText(found.status), after: desired.status });
  }
  const secret = shownSecret(found);
  if (secret !== undefined && desired.secret !== undefined && !isSameSecret(secret, desired.secret)) {
    changes.push({ field: 'secret', before: 'another [secret]', after: 'our [secret]' });
  }
  if (desired.policies?.all === true && found.policies?.all === false) {
    changes.push({ field: 'policies', before: `${found.policies.ids.length} selected`, after: 'all' });
  }
  return changes;
}

/** Fields that the API does not show, so that they cannot be compared. */
export function hiddenFields(found: XiqSubscription, desired: DesiredSubscription): readonly HiddenField[] {
  const hidden: HiddenField[] = [];
  if (found.status === undefined) hidden.push('status');
  if (desired.secret !== undefined && shownSecret(found) === undefined) hidden.push('secret');
  return hidden;
}
