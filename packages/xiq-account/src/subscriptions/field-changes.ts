// How a subscription differs from what is wanted, in words that hold no secret.
import { sanitizeServerMessage } from '@xiq-siem/core';
import { isMasked, isSameSecret } from '../rest/same-secret.ts';
import type { WantedSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import { isSameUrl } from './target.ts';

export interface FieldChange {
  readonly field: 'url' | 'status' | 'secret';
  /** For a person: short, without a secret. */
  readonly before: string;
  readonly after: string;
}

export type UnseenField = 'status' | 'secret';

/** What somebody typed into ExtremeCloud IQ, on one short line. */
export const shownText = (text: string): string => sanitizeServerMessage(text, [], 200) || '(empty)';

/** Without user, password, query and fragment: a foreign URL may carry a secret there. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return shownText(url.replace(/[?#].*$/s, '?…').replace(/\/\/[^/]*@/, '//…@'));
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  const user = username + password === '' ? '' : '…@';
  return shownText(`${protocol}//${user}${host}${pathname}${search + hash === '' ? '' : '?…'}`);
}

/** Undefined where ExtremeCloud IQ shows none. */
export function shownSecret({ secret }: XiqSubscription) {
  return secret === undefined || isMasked(secret) ? undefined : secret;
}

export function fieldChanges(found: XiqSubscription, wanted: WantedSubscription): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  if (!isSameUrl(found.url, wanted.url)) {
    changes.push({ field: 'url', before: shownUrl(found.url), after: shownUrl(wanted.url) });
  }
  if (found.status !== undefined && found.status !== wanted.status) {
    changes.push({ field: 'status', before: shownText(found.status), after: wanted.status });
  }
  const secret = shownSecret(found);
  if (secret !== undefined && wanted.secret !== undefined && !isSameSecret(secret, wanted.secret)) {
    changes.push({ field: 'secret', before: 'another [secret]', after: 'our [secret]' });
  }
  return changes;
}

/** What cannot be compared, because the API does not say it. */
export function unseenFields(found: XiqSubscription, wanted: WantedSubscription): readonly UnseenField[] {
  const unseen: UnseenField[] = [];
  if (found.status === undefined) unseen.push('status');
  if (wanted.secret !== undefined && shownSecret(found) === undefined) unseen.push('secret');
  return unseen;
}
