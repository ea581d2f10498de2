// Watches subscriptions, the public URL and the API of ExtremeCloud IQ.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import { type Check, type Watcher, watchStates } from './watch.ts';

const actions = {
  ok: 'subscription-fixed',
  missing: 'subscription-missing',
  disabled: 'subscription-disabled',
  changed: 'subscription-changed',
  foreign: 'subscription-changed',
} as const;

export function watchAccount(): Watcher {
  /** Time of the last reported fix, by subscription. */
  const fixedAt = new Map<string, string>();

  function* subscriptions(source: string, all: readonly SubscriptionState[]): Generator<Check> {
    for (const { messageType, state, message, fixed } of all) {
      const subject = `${source}/${messageType}`;
      const attributes = { source, message_type: messageType };
      const check = (found: keyof typeof actions | undefined, text?: string): Check => ({
        key: `subscription ${subject}`,
        state: found,
        action: found && actions[found],
        subject,
        details: { reason: found, message: text, attributes },
      });
      // A fault may start and be fixed between two polls.
      if (state === 'ok' && fixed !== undefined && fixed.at !== fixedAt.get(subject)) {
        fixedAt.set(subject, fixed.at);
        yield check(fixed.was);
      }
      if (state === 'ok') yield check('ok');
      else yield check(state === 'unknown' ? undefined : state, message);
    }
  }

  return watchStates(function* account({ status: { sources = [] } }) {
    for (const { name: source, api } of sources) {
      if (api === undefined) continue;
      yield* subscriptions(source, api.subscriptions);
      yield publicUrl(source, api.publicUrl);
      yield {
        key: `api ${source}`,
        state: api.failure === undefined ? 'ok' : 'failing',
        action: api.failure === undefined ? undefined : 'xiq-api-failing',
        subject: source,
        details: { message: api.failure, attributes: { source } },
      };
    }
  });
}

/** Reported again when other checks fail. */
function publicUrl(source: string, checks: NonNullable<SourceState['api']>['publicUrl']): Check {
  const failed = checks.filter(({ result }) => result === 'failed');
  const codes = failed.map(({ what }) => what);
  return {
    key: `public URL ${source}`,
    state: codes.join() || 'ok',
    action: failed.length === 0 ? undefined : 'public-url-check-failed',
    subject: source,
    details: { message: failed.map(({ message }) => message).join(' '), attributes: { codes, source } },
  };
}
