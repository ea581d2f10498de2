// Watches what destinations make of events: degraded, and rejected for good. What they make of our signals is left out.
import { connectorDataset } from './connector-event.ts';
import { createGrowth } from './growth.ts';
import type { Look, OpenDeadLetters, Watcher } from './look.ts';
import { newSignal } from './signal.ts';

export function watchDeadLetters(): Watcher {
  const growth = createGrowth();
  let counted = '';
  let letters: readonly OpenDeadLetters[] = [];
  return function* deadLetters({ atMs, status, deadLetters: ask }: Look) {
    // Counting them by data set looks at each of them: only where something has changed.
    const counts = JSON.stringify(
      status.destinations.map(({ name, sum, deadLetters: d }) => [name, sum.deadLettered, d]),
    );
    if (counts !== counted) letters = ask();
    counted = counts;
    const open = new Map<string, number>();
    for (const { destination, code, dataset, count } of letters) {
      if (dataset === connectorDataset) continue;
      const key = JSON.stringify([destination, code]);
      open.set(key, (open.get(key) ?? 0) + count);
    }
    for (const { key, count, periodSeconds } of growth(open, atMs)) {
      const [name, reason] = pair(key);
      const ofAll = status.destinations.find((destination) => destination.name === name)?.deadLetters.open;
      yield newSignal('dead-letters-growing', name, atMs, {
        reason,
        facts: {
          ...{ 'destination.name': name, count, period_seconds: periodSeconds },
          ...(ofAll !== undefined && { 'dead_letters.open': ofAll }),
        },
      });
    }
  };
}

interface Seen {
  readonly degraded: number;
  /** Signals of ours kept at this moment or later may be among what is settled next. */
  readonly ownFromMs: number;
}

/** Clocks of the journal and of a look are read one after the other. */
const slackMs = 1_000;

export function watchDegraded(): Watcher {
  const growth = createGrowth();
  const seen = new Map<string, Seen>();
  /** Since the first look, less those that may have been signals of ours. */
  const others = new Map<string, number>();
  return function* degraded({ atMs, status, ownSince }: Look) {
    const names = new Set(status.destinations.map(({ name }) => name));
    for (const name of seen.keys()) if (!names.has(name) && seen.delete(name)) others.delete(name);
    for (const { name, sum, lag } of status.destinations) {
      const before = seen.get(name);
      const more = before === undefined ? 0 : Math.max(0, sum.degraded - before.degraded);
      const own = before === undefined || more === 0 ? 0 : ownSince(before.ownFromMs);
      others.set(name, (others.get(name) ?? 0) + Math.max(0, more - own));
      seen.set(name, { degraded: sum.degraded, ownFromMs: atMs - lag.seconds * 1000 - slackMs });
    }
    for (const { key, count, periodSeconds } of growth(others, atMs)) {
      const destination = status.destinations.find(({ name }) => name === key);
      if (destination === undefined) continue;
      const facts = { 'destination.name': key, 'destination.type': destination.type, count };
      yield newSignal('destination-degraded', key, atMs, { facts: { ...facts, period_seconds: periodSeconds } });
    }
  };
}

function pair(key: string): readonly [string, string] {
  const [first, second]: unknown[] = JSON.parse(key);
  return [String(first), String(second)];
}
