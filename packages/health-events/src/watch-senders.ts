// Watches the senders: wrong credentials, and a source that has been silent for the configured time.
import { newHealthEvent } from './health-event.ts';
import { hourMs, type Watcher, watchStates } from './watch.ts';

/** Addresses remembered for each source until they are reported. */
const maxAddresses = 1_000;
const shownAddresses = 10;

interface Refusals {
  readonly reportedAtMs: number;
  count: number;
  /** Where the period of the next report begins. */
  fromMs: number;
  readonly byAddress: Map<string, number>;
}

/** At once, and then at most once an hour for each source, with all that came meanwhile. */
export function watchRefused(): Watcher {
  const sources = new Map<string, Refusals>();
  const begin = (source: string, reportedAtMs: number): Refusals => {
    const refusals = { reportedAtMs, count: 0, fromMs: reportedAtMs, byAddress: new Map<string, number>() };
    sources.set(source, refusals);
    return refusals;
  };
  let lastMs: number | undefined;
  return function* refusals({ atMs, refused }) {
    // What a first poll finds may be of a time in which nothing was to be reported.
    const fromMs = lastMs;
    lastMs = atMs;
    if (fromMs === undefined) return;
    for (const { source, address, count } of refused) {
      const now = sources.get(source) ?? begin(source, Number.NEGATIVE_INFINITY);
      if (now.count === 0) now.fromMs = Math.max(fromMs, now.reportedAtMs);
      now.count += count;
      const known = now.byAddress.get(address);
      if (known !== undefined || now.byAddress.size < maxAddresses) now.byAddress.set(address, (known ?? 0) + count);
    }
    for (const [source, { reportedAtMs, count, fromMs: beginMs, byAddress }] of sources) {
      // A clock that was set back is as good as an hour.
      if (count === 0 || Math.abs(atMs - reportedAtMs) < hourMs) continue;
      begin(source, atMs);
      const seconds = Math.max(0, (atMs - beginMs) / 1000);
      const most = [...byAddress].sort(([, a], [, b]) => b - a).slice(0, shownAddresses);
      const attributes = {
        source,
        count,
        period_seconds: seconds,
        per_minute: seconds > 0 ? (count * 60) / seconds : undefined,
        'refused.by_address': most.map(([address, times]) => `${address}=${times}`),
      };
      yield newHealthEvent('credentials-refused', source, atMs, { attributes });
    }
  };
}

/** A source that was never heard is silent since it is watched. */
export function watchSilence(): Watcher {
  let heard: ReadonlyMap<string, number> = new Map();
  return watchStates(({ atMs, status: { sources = [] }, settings }) => {
    const limitMs = settings.silentMinutes * 60_000;
    const before = heard;
    const found = sources.map(({ name, lastReceived }) => {
      const lastMs = lastReceived === undefined ? (before.get(name) ?? atMs) : Date.parse(lastReceived);
      return { name, lastReceived, lastMs, previousMs: before.get(name) ?? lastMs };
    });
    heard = new Map(found.map(({ name, lastMs }) => [name, lastMs]));
    return found.map(({ name, lastReceived, lastMs, previousMs }) => {
      const isSilent = limitMs > 0 && atMs - lastMs > limitMs;
      const attributes = {
        source: name,
        'silence.seconds': Math.max(0, isSilent ? atMs - lastMs : lastMs - previousMs) / 1000,
        'silence.last_received': lastReceived && new Date(lastReceived).toISOString(),
      };
      return {
        key: name,
        state: isSilent ? 'silent' : lastMs === previousMs ? undefined : 'ok',
        action: isSilent ? 'source-silent' : 'source-recovered',
        subject: name,
        details: { attributes },
      };
    });
  });
}
