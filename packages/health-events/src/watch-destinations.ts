// Watches whether each destination takes events: down, misconfigured, recovered.
import type { DestinationState } from '@xiq-siem/admin-api';
import type { Look, Watcher } from './look.ts';
import { newSignal, type Signal } from './signal.ts';

type Condition = 'well' | 'down' | 'misconfigured';

/** A destination that is away for less is not worth a person's time. */
const awayMs = 60_000;

/** Reasons of ours for which a destination pauses though nothing is wrong with it. */
const ours: ReadonlySet<string> = new Set(['dead_letters_full', 'dead_letters_failed']);

/** Undefined: not to be told yet, or not any more. */
function conditionOf({ state, reason = '', since, held }: DestinationState, atMs: number): Condition | undefined {
  const long = since !== undefined && atMs - Date.parse(since) > awayMs;
  if (state === 'running') return held === undefined ? 'well' : 'misconfigured';
  if (state === 'paused' && !ours.has(reason)) return 'misconfigured';
  return (state === 'paused' || state === 'backing_off') && long ? 'down' : undefined;
}

interface Seen {
  readonly condition: Condition;
  readonly fromMs: number;
}

export function watchDestinations(): Watcher {
  const seen = new Map<string, Seen>();
  return function* conditions({ atMs, status }: Look) {
    const names = new Set(status.destinations.map(({ name }) => name));
    for (const name of seen.keys()) if (!names.has(name)) seen.delete(name);
    for (const destination of status.destinations) {
      const { name } = destination;
      const before = seen.get(name) ?? { condition: 'well', fromMs: atMs };
      const condition = conditionOf(destination, atMs) ?? before.condition;
      if (condition === before.condition) {
        seen.set(name, before);
        continue;
      }
      seen.set(name, { condition, fromMs: atMs });
      yield changed(destination, condition, before, atMs);
    }
  };
}

function changed(destination: DestinationState, condition: Condition, before: Seen, atMs: number): Signal {
  const { name, type, state, since, held, reason, lastFailure } = destination;
  const facts = {
    'destination.name': name,
    'destination.type': type,
    'destination.state': state,
    ...(since !== undefined && { 'destination.since': new Date(since).toISOString() }),
  };
  if (condition === 'well') {
    const periodSeconds = Math.max(0, (atMs - before.fromMs) / 1000);
    return newSignal('destination-recovered', name, atMs, { facts: { ...facts, period_seconds: periodSeconds } });
  }
  const code = reason ?? held?.code;
  const words = held?.code === code ? (held?.words ?? lastFailure?.words) : lastFailure?.words;
  return newSignal(condition === 'down' ? 'destination-down' : 'destination-misconfigured', name, atMs, {
    reason: code ?? lastFailure?.code,
    words,
    facts: { ...facts, ...(held && { held_events: held.events }) },
  });
}
