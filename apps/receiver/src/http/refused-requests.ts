// Counts refused webhooks for `status`, and logs them with a limit: their senders do not send them again.
import type { SourceState, Status } from '@xiq-siem/admin-api';
import type { Logger } from '@xiq-siem/core';

export interface Refusal {
  /** A configured source; undefined: the path is no webhook path. */
  readonly source: string | undefined;
  readonly path: string;
  readonly status: number;
  /** As in the response. */
  readonly code: string;
  readonly address: string;
}

export interface RefusedRequests {
  add(refusal: Refusal): void;
  /** Of one source, by status and code. */
  ofSource(source: string): NonNullable<SourceState['refused']>;
  ofUnknownPaths(): NonNullable<Status['unknownPaths']>;
  /** Logs the number of refusals since the last line of each sender, if that is a minute old. */
  flush(): void;
  /** Logs the number of all refusals that are not logged yet. */
  close(): void;
}

const minuteMs = 60_000;
const hourMinutes = 60;
/** A scanner sends very many paths. */
const maxPaths = 20;
const maxPathLength = 80;
/** Senders with log lines of their own, for each minute. */
const maxSenders = 50;

const otherPaths = 'other paths';
const otherSenders = 'others';

export function refusedRequests(now: () => number, log: Logger): RefusedRequests {
  const bySource = new Map<string, Map<string, Tally>>();
  const byPath = new Map<string, Tally>();
  const senders = new Map<string, Sender>();

  /** The first refusal of a sender is logged at once, further ones as a number at most once a minute. */
  function logRefusal(refusal: Refusal): void {
    const { source, status, code } = refusal;
    const keyOf = (address: string): string => [source ?? '-', code, address].join(' ');
    const isKnown = senders.has(keyOf(refusal.address));
    const address = isKnown || senders.size < maxSenders ? refusal.address : otherSenders;
    const key = keyOf(address);
    const sender = senders.get(key) ?? { loggedMs: Number.NEGATIVE_INFINITY, count: 0, details: {} };
    const path = cutPath(refusal.path);
    const details = { source, ...(source === undefined && { path }), address, status, code };
    const updated = { ...sender, count: sender.count + 1, details };
    senders.set(key, updated);
    logDue(key, updated);
  }

  function logDue(key: string, { loggedMs, count, details }: Sender): void {
    const at = now();
    // A clock that was set back ends the wait.
    if (Math.abs(at - loggedMs) < minuteMs) return;
    if (count === 0) {
      senders.delete(key);
      return;
    }
    senders.set(key, { loggedMs: at, count: 0, details });
    write(details, count);
  }

  const write = (details: Sender['details'], requests: number): void =>
    log.warn('webhook.refused', { ...details, requests });

  function addRefusal(refusal: Refusal): void {
    const { source, status, code } = refusal;
    const at = now();
    if (source === undefined) {
      const path = cutPath(refusal.path);
      countIn(byPath, byPath.has(path) || byPath.size < maxPaths ? path : otherPaths, { status, code }, at);
    } else {
      const tallies = bySource.get(source) ?? new Map<string, Tally>();
      bySource.set(source, tallies);
      countIn(tallies, `${status} ${code}`, { status, code }, at);
    }
    logRefusal(refusal);
  }

  return {
    add: addRefusal,
    ofSource: (source) =>
      [...(bySource.get(source)?.values() ?? [])].map((tally) => ({ status: tally.status, ...countsOf(tally, now()) })),
    ofUnknownPaths: () => [...byPath].map(([path, tally]) => ({ path, ...countsOf(tally, now()) })),
    flush: () => {
      for (const [key, sender] of senders) logDue(key, sender);
    },
    close: function logRemaining() {
      for (const { count, details } of senders.values()) if (count > 0) write(details, count);
      senders.clear();
    },
  };
}

interface Sender {
  readonly loggedMs: number;
  /** Since the last line. */
  readonly count: number;
  readonly details: Readonly<Record<string, unknown>>;
}

interface Tally {
  readonly status: number;
  readonly code: string;
  total: number;
  lastMs: number;
  /** Refusals of each minute, by its number since the epoch. */
  readonly minutes: Map<number, number>;
}

function countIn(tallies: Map<string, Tally>, key: string, kind: Pick<Tally, 'status' | 'code'>, atMs: number): void {
  const tally = tallies.get(key) ?? { ...kind, total: 0, lastMs: atMs, minutes: new Map<number, number>() };
  tallies.set(key, tally);
  const minute = Math.floor(atMs / minuteMs);
  tally.total += 1;
  tally.lastMs = atMs;
  tally.minutes.set(minute, (tally.minutes.get(minute) ?? 0) + 1);
  const [oldest] = tally.minutes.keys();
  if (tally.minutes.size > hourMinutes + 1 && oldest !== undefined) tally.minutes.delete(oldest);
}

function countsOf({ code, total, lastMs, minutes }: Tally, atMs: number) {
  const since = Math.floor(atMs / minuteMs) - hourMinutes;
  const lastHour = [...minutes].reduce((sum, [minute, count]) => (minute > since ? sum + count : sum), 0);
  return { code, total, lastHour, last: new Date(lastMs).toISOString() };
}

const cutPath = (path: string): string =>
  path.length <= maxPathLength ? path : `${path.slice(0, maxPathLength - 1)}…`;
