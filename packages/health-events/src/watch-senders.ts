// Watches senders: refused credentials, and sources that send nothing for the configured time.
import { newHealthEvent } from './health-event.ts';
import { hourMs, type Watcher, watchStates } from './watch.ts';

/** Addresses of each source that are counted until the next report. */
const maxAddresses = 1_000;
const reportedAddresses = 10;

interface Refusals {
  readonly reportedAtMs: number;
  count: number;
  /** Start of the period of the next report. */
  fromMs: number;
  readonly byAddress: Map<string, number>;
}

/** Reports at once, and then at most once an hour for each source. */
export function watchRefused(): Watcher {
  const sources = new Map<string, Refusals>();
  const startPeriod = (source: string, reportedAtMs: number): Refusals => {
    const refusals = { reportedAtMs, count: 0, fromMs: reportedAtMs, byAddress: new Map<string, number>() };
    sources.set(source, refusals);
    return refusals;
  };
  let lastMs: number | undefined;
  return function* refusals({ atMs, refused }) {
    // The counts of a first poll may come from a time in which health events were disabled.
    const fromMs = lastMs;
    lastMs = atMs;
    if (fromMs === undefined) return;
    for (const { source, address, count } of refused) {
      const now = sources.get(source) ?? startPeriod(source, Number.NEGATIVE_INFINITY);
      if (now.count === 0) now.fromMs = Math.max(fromMs, now.reportedAtMs);
      now.count += count;
      const known = now.byAddress.get(address);
      if (known !== undefined || now.byAddress.size < maxAddresses) now.byAddress.set(address, (known ?? 0) + count);
    }
    for (const [source, { reportedAtMs, count, fromMs: periodFromMs, byAddress }] of sources) {
      // A clock that was set back ends the wait.
      if (count === 0 || Math.abs(atMs - reportedAtMs) < hourMs) continue;
      startPeriod(source, atMs);
      const seconds = Math.max(0, (atMs - periodFromMs) / 1000);
      const most = [...byAddress].sort(([, a], [, b]) => b - a).slice(0, reportedAddresses);
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

/** The silence of a source that has sent nothing starts with the first poll. */
export function watchSilence(): Watcher {
  let received: ReadonlyMap<string, number> = new Map();
  return watchStates(({ atMs, status: { started, sources = [] }, settings }) => {
    const limitMs = settings.silentMinutes * 60_000;
    // After a downtime a source gets the time to send again, as in `status`.
    const isStarting = started !== undefined && atMs - Date.parse(started) <= Math.min(limitMs, hourMs);
    const before = received;
    const found = sources.map(({ name, lastReceived }) => {
      const lastMs = lastReceived === undefined ? (before.get(name) ?? atMs) : Date.parse(lastReceived);
      return { name, lastReceived, lastMs, previousMs: before.get(name) ?? lastMs };
    });
    received = new Map(found.map(({ name, lastMs }) => [name, lastMs]));
    return found.map(({ name, lastReceived, lastMs, previousMs }) => {
      const isSilent = limitMs > 0 && atMs - lastMs > limitMs && !isStarting;
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
