// Watches what ExtremeCloud IQ is to send, and whether it can: subscriptions, the public URL, the API.
import type { SourceState, SubscriptionState } from '@xiq-siem/admin-api';
import type { Look, Watcher } from './look.ts';
import { newSignal, type Signal, type SignalAction } from './signal.ts';

type Trouble = 'missing' | 'disabled' | 'changed' | 'foreign';

const actions: Readonly<Record<Trouble, SignalAction>> = {
  missing: 'subscription-missing',
  disabled: 'subscription-disabled',
  changed: 'subscription-changed',
  foreign: 'subscription-changed',
};

interface Seen {
  readonly trouble: Trouble | undefined;
  /** When the last mending was that was told. */
  readonly mendedAt: string | undefined;
}

const unseen: Seen = { trouble: undefined, mendedAt: undefined };

export function watchSubscriptions(): Watcher {
  let seen: ReadonlyMap<string, Seen> = new Map();
  return function* subscriptions({ atMs, status }: Look) {
    const now = new Map<string, Seen>();
    for (const { source, subscription } of subscriptionsOf(status.sources)) {
      const key = keyOf(source, subscription.messageType);
      const before = seen.get(key) ?? unseen;
      now.set(key, seenOf(subscription, before));
      yield* changes(source, subscription, before, atMs);
    }
    // One of a type that nobody wants is in no list once it is gone.
    seen = now;
  };
}

const keyOf = (source: string, messageType: string): string => `${source} ${messageType}`;

const subscriptionsOf = (sources: readonly SourceState[] = []) =>
  sources.flatMap(({ name: source, api }) =>
    (api?.subscriptions ?? []).map((subscription) => ({ source, subscription })),
  );

/** What is not known leaves all as it was. */
function seenOf({ state, mended }: SubscriptionState, { trouble, mendedAt }: Seen): Seen {
  const now = state === 'unknown' ? trouble : state === 'well' ? undefined : state;
  return { trouble: now, mendedAt: mended?.at ?? mendedAt };
}

function* changes(source: string, subscription: SubscriptionState, before: Seen, atMs: number): Generator<Signal> {
  const { messageType, state, words, mended } = subscription;
  const say = (action: SignalAction, reason: string, said?: string): Signal =>
    newSignal(action, `${source}/${messageType}`, atMs, {
      ...{ reason, words: said },
      facts: { source, message_type: messageType },
    });
  if (state === 'unknown') return;
  if (state !== 'well') {
    if (state !== before.trouble) yield say(actions[state], state, words);
    return;
  }
  // What a look found and mended at once was in no state before this one.
  if (mended !== undefined && mended.at !== before.mendedAt) {
    if (before.trouble === undefined) yield say(actions[mended.was], mended.was);
    yield say('subscription-mended', mended.was);
  } else if (before.trouble !== undefined) yield say('subscription-mended', before.trouble);
}

export function watchPublicUrl(): Watcher {
  return told('public-url-wrong', ({ publicUrl }) => {
    const wrong = publicUrl.filter(({ result }) => result === 'wrong');
    if (wrong.length === 0) return undefined;
    const codes = wrong.map(({ what }) => what);
    return { key: codes.join(), words: wrong.map(({ words }) => words).join(' '), facts: { codes } };
  });
}

export function watchApi(): Watcher {
  return told('xiq-api-failing', ({ failure }) =>
    failure === undefined ? undefined : { key: 'failing', words: failure },
  );
}

interface Told {
  /** What makes it another one. */
  readonly key: string;
  readonly words: string;
  readonly facts?: Signal['facts'];
}

/** Of each source: once, until it is no more, or another. */
function told(action: SignalAction, find: (api: NonNullable<SourceState['api']>) => Told | undefined): Watcher {
  let seen: ReadonlyMap<string, string> = new Map();
  return function* ofSource({ atMs, status }: Look) {
    const now = new Map<string, string>();
    for (const { name, api } of status.sources ?? []) {
      const found = api && find(api);
      if (found === undefined) continue;
      const { key, words, facts } = found;
      now.set(name, key);
      if (seen.get(name) !== key) yield newSignal(action, name, atMs, { words, facts: { ...facts, source: name } });
    }
    seen = now;
  };
}
