// Watches the journal: how long there is room, and what it lost.
import type { Gap, Status } from '@xiq-siem/admin-api';
import { isDue } from './growth.ts';
import type { Look, Watcher } from './look.ts';
import { newSignal, type Signal } from './signal.ts';

/** A destination that keeps up fills nothing, however fast bodies come. */
const behindSeconds = 60;

export function watchJournal(): Watcher {
  const said = new Map<string, number>();
  return function* filling({ atMs, status, settings }: Look) {
    const names = new Set(status.destinations.map(({ name }) => name));
    for (const name of said.keys()) if (!names.has(name)) said.delete(name);
    for (const { name, lag } of status.destinations) {
      const left = lag.hoursUntilFull;
      if (left === null || left >= settings.journalHours || lag.seconds <= behindSeconds) continue;
      if (!isDue(said.get(name) ?? Number.NEGATIVE_INFINITY, atMs)) continue;
      said.set(name, atMs);
      const { bytes, maxBytes, freeBytes } = status.journal;
      yield newSignal('journal-filling', name, atMs, {
        facts: {
          ...{ 'destination.name': name, 'journal.hours_until_full': left, 'journal.bytes': bytes },
          ...(maxBytes !== undefined && { 'journal.max_bytes': maxBytes }),
          ...(freeBytes !== undefined && { 'journal.free_bytes': freeBytes }),
          ...{ 'lag.bodies': lag.bodies, 'lag.bytes': lag.bytes, 'lag.seconds': lag.seconds },
        },
      });
    }
  };
}

interface Told {
  toSequence: number;
  atMs: number;
}

/** Says a span when it is there, and again at most once an hour while it grows: a gap's id changes as it does. */
function spans<Span extends { readonly toSequence: number }>(
  keyOf: (span: Span) => string,
  signalOf: (span: Span, atMs: number) => Signal,
): (found: readonly Span[], atMs: number) => Iterable<Signal> {
  let told = new Map<string, Told>();
  return function* news(found, atMs) {
    const before = told;
    told = new Map();
    for (const span of found) {
      const { toSequence } = span;
      const known = before.get(keyOf(span));
      const grown = known !== undefined && toSequence > known.toSequence && isDue(known.atMs, atMs);
      told.set(keyOf(span), known === undefined || grown ? { toSequence, atMs } : known);
      if (known === undefined || grown) yield signalOf(span, atMs);
    }
  };
}

type Lost = Status['journal']['lost'][number];

export function watchLosses(): Watcher {
  const gaps = spans(
    ({ destination, fromSequence }: Gap) => `${destination} ${fromSequence}`,
    ({ id, destination, fromSequence, toSequence, bodies, bytes }, atMs) =>
      newSignal('gap-opened', destination, atMs, {
        facts: {
          ...{ 'destination.name': destination, 'gap.id': id, 'gap.bodies': bodies, 'gap.bytes': bytes },
          ...{ 'gap.from_sequence': fromSequence, 'gap.to_sequence': toSequence },
        },
      }),
  );
  const lost = spans(
    ({ reason, fromSequence }: Lost) => `${reason} ${fromSequence}`,
    ({ fromSequence, toSequence, bytes, reason, where }, atMs) =>
      newSignal('bodies-lost', where, atMs, {
        reason,
        facts: { 'gap.from_sequence': fromSequence, 'gap.to_sequence': toSequence, 'gap.bytes': bytes },
      }),
  );
  return function* losses({ atMs, status }: Look) {
    yield* gaps(status.gaps, atMs);
    yield* lost(
      status.journal.lost.filter(({ reason }) => reason !== 'letGo'),
      atMs,
    );
  };
}
