// Watches what sources send that they should not: wrong secrets, unknown types, what cannot be read. Ours is left out.
import { createGrowth } from './growth.ts';
import type { CounterReading, Look, Watcher } from './look.ts';
import { selfSourceName } from './self-source.ts';
import { newSignal } from './signal.ts';

/** Addresses remembered for each source until they are said. */
const maxAddresses = 1_000;
const shownAddresses = 10;

export function watchRefused(): Watcher {
  const growth = createGrowth();
  const addresses = new Map<string, Map<string, number>>();
  return function* refused({ atMs, readings, refused: recent }: Look) {
    for (const { source, address, count } of recent) {
      const ofSource = addresses.get(source) ?? new Map<string, number>();
      addresses.set(source, ofSource);
      const known = ofSource.get(address);
      if (known !== undefined || ofSource.size < maxAddresses) ofSource.set(address, (known ?? 0) + count);
    }
    const counts = countsOf(readings, 'xiq_siem.receiver.refused_credentials', ({ source }) => source);
    for (const { key: source, count, periodSeconds } of growth(counts, atMs)) {
      const most = [...(addresses.get(source) ?? [])].sort(([, a], [, b]) => b - a).slice(0, shownAddresses);
      addresses.delete(source);
      yield newSignal('credentials-refused', source, atMs, {
        facts: {
          ...{ source, count, ...rateOf(count, periodSeconds) },
          ...(most.length > 0 && { 'refused.by_address': most.map(([address, times]) => `${address}=${times}`) }),
        },
      });
    }
  };
}

export function watchUnknown(): Watcher {
  const growth = createGrowth();
  return function* unknown({ atMs, readings }: Look) {
    const counts = countsOf(readings, 'xiq_siem.source.events', ({ source, dataset }) =>
      dataset === 'extreme_xiq.unknown' ? source : undefined,
    );
    for (const { key: source, count, periodSeconds } of growth(counts, atMs)) {
      yield newSignal('unknown-message-types', source, atMs, {
        facts: { source, count, ...rateOf(count, periodSeconds) },
      });
    }
  };
}

export function watchUnreadable(): Watcher {
  const growth = createGrowth();
  return function* unreadable({ atMs, readings }: Look) {
    const counts = countsOf(readings, 'xiq_siem.source.pipeline_errors', ({ source, code }) =>
      source === undefined || code === undefined ? undefined : `${source} ${code}`,
    );
    for (const { key, count, periodSeconds } of growth(counts, atMs)) {
      const [source = '', reason] = key.split(' ');
      yield newSignal('pipeline-errors', `${source}: ${reason}`, atMs, {
        reason,
        facts: { source, count, ...rateOf(count, periodSeconds) },
      });
    }
  };
}

function countsOf(
  readings: readonly CounterReading[],
  name: string,
  keyOf: (attributes: Readonly<Record<string, string>>) => string | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name: found, attributes, value } of readings) {
    if (found !== name || attributes['source'] === selfSourceName) continue;
    const key = keyOf(attributes);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return counts;
}

const rateOf = (count: number, periodSeconds: number) => ({
  period_seconds: periodSeconds,
  ...(periodSeconds > 0 && { per_minute: (count * 60) / periodSeconds }),
});
