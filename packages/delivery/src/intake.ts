// Reads the journal for one destination: bodies become pending events, as far as there is capacity.
import { setImmediate } from 'node:timers/promises';
import type { BodyReader, JournalEntry, LostSpan, StoredBody } from '@xiq-siem/core';
import type { Wakeup } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { DeliveryServices } from './services.ts';
import type { PreparedEvent, SharedBodies } from './shared-bodies.ts';

export interface IntakeOptions extends Pick<DeliveryServices, 'openReader' | 'clock' | 'log' | 'eventsPerTurn'> {
  readonly name: string;
  readonly bodies: SharedBodies;
  readonly ledger: Ledger;
  readonly stop: AbortSignal;
  /** Whether one more event may be taken. */
  readonly hasCapacity: () => boolean;
  /** Notified when there may be capacity again. */
  readonly capacity: Wakeup;
  /** Told when it begins to wait for capacity, and when it no longer does. */
  readonly waits: (isWaiting: boolean) => void;
  readonly take: (event: PreparedEvent) => void;
  /** Bodies of which the events cannot be had. */
  readonly damaged: (bodies: number) => void;
  /** All events of a body are taken: the position may have moved, though there were none. */
  readonly onBodyRead: () => void;
  /** An empty read means that there is no more; at a journal's tail there always may be. */
  readonly readsToEnd: boolean;
}

const limits = { maxBodies: 256, maxBytes: 1_048_576 };
const retryMs = 1_000;

/** Runs until `stop` fires, or there is no more. A reader that fails, or has too much to skip, is opened again. */
export async function runIntake(options: IntakeOptions): Promise<'stopped' | 'end'> {
  const { name, openReader, bodies, ledger, clock, log, stop, eventsPerTurn } = options;
  const { hasCapacity, capacity, waits, take, damaged, onBodyRead, readsToEnd } = options;
  let taken = 0;

  /** Waits until it may go on, or `stop` fires. */
  const waitFor = async (isReady: () => boolean) => {
    waits(true);
    while (!isReady() && !stop.aborted) await capacity.wait();
    waits(false);
  };

  /** What was read before is settled by what became of it, though it cannot be read again. */
  const markLost = async (span: LostSpan) => {
    const { toSequence, bytes, reason, where } = span;
    const fromSequence = Math.max(span.fromSequence, ledger.next());
    if (fromSequence > toSequence) return;
    const canMarkLost = () => ledger.canMarkLost(fromSequence);
    if (!canMarkLost()) await waitFor(canMarkLost);
    if (stop.aborted) return;
    const lost = ledger.markLost(fromSequence, toSequence, span.bodies);
    if (lost === 0) return;
    const attributes = { destination: name, fromSequence, toSequence, bodies: lost, bytes, reason, where };
    log.warn('delivery.bodies_lost', attributes);
    damaged(lost);
  };

  const takeBody = async (body: StoredBody) => {
    if (!ledger.begin(body.sequence)) return;
    const cursor = bodies.open(body);
    for (;;) {
      if (++taken % eventsPerTurn === 0) await setImmediate();
      if (!hasCapacity()) await waitFor(hasCapacity);
      if (stop.aborted) return;
      const event = cursor.next();
      if (event === 'end' || event === 'damaged') {
        if (event === 'damaged') damaged(1);
        ledger.end(body.sequence, event === 'damaged');
        onBodyRead();
        return;
      }
      if (ledger.take(body.sequence, event.element)) take(event);
    }
  };

  const takeEntry = async (entry: JournalEntry) => {
    if (entry.kind === 'lost') return markLost(entry.span);
    if (entry.body.sequence >= ledger.next()) await takeBody(entry.body);
  };

  /** `skip`: so much of what follows was settled before a restart that another reader is past it sooner. */
  const readAll = async (reader: BodyReader): Promise<'stopped' | 'end' | 'skip'> => {
    while (!stop.aborted) {
      const entries = await reader.read(limits, stop);
      if (readsToEnd && entries.length === 0 && !stop.aborted) return 'end';
      for (const entry of entries) {
        await takeEntry(entry);
        if (stop.aborted) return 'stopped';
      }
      // A read that was answered out of memory must not keep the event loop from its turn, whatever it gave.
      await setImmediate();
      const last = entries.at(-1);
      if (last === undefined) continue;
      const lastSequence = last.kind === 'body' ? last.body.sequence : last.span.toSequence;
      if (ledger.next() - lastSequence > limits.maxBodies) return 'skip';
    }
    return 'stopped';
  };

  while (!stop.aborted) {
    let reader: BodyReader | undefined;
    try {
      reader = openReader(ledger.next());
      if ((await readAll(reader)) === 'end') return 'end';
    } catch (error) {
      log.error('delivery.read_failed', { destination: name, sequence: ledger.next(), error: String(error) });
      await clock.sleep(retryMs, stop);
    } finally {
      await reader?.close().catch((error: unknown) => {
        log.warn('delivery.reader_close_failed', { destination: name, error: String(error) });
      });
    }
  }
  return 'stopped';
}
