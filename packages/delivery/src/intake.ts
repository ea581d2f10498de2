// Reads bodies of the journal for one destination and passes their events on while there is capacity.
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
  /** Whether one more event may be read. */
  readonly hasCapacity: () => boolean;
  /** Notified when there may be capacity again. */
  readonly capacityWakeup: Wakeup;
  /** Called with true when the intake starts to wait for capacity, and with false when it continues. */
  readonly onWaiting: (isWaiting: boolean) => void;
  readonly onEvent: (event: PreparedEvent) => void;
  /** Called with the number of bodies that cannot be read or normalized, or were evicted. */
  readonly onDamaged: (bodies: number) => void;
  /** Called after the last event of a body. The position may have changed even if there were no events. */
  readonly onBodyRead: () => void;
  /** True: an empty read is the end. False: the reader waits at the tail of the journal. */
  readonly readsToEnd: boolean;
}

const limits = { maxBodies: 256, maxBytes: 1_048_576 };
const retryMs = 1_000;

/** Runs until `stop` fires or the reader ends. Opens a new reader if one fails, or would have to skip many bodies. */
export async function runIntake(options: IntakeOptions): Promise<'stopped' | 'end'> {
  const { name, openReader, bodies, ledger, clock, log, stop, eventsPerTurn } = options;
  const { hasCapacity, capacityWakeup, onWaiting, onEvent, onDamaged, onBodyRead, readsToEnd } = options;
  let taken = 0;

  /** Waits until `isReady` returns true or `stop` fires. */
  const waitFor = async (isReady: () => boolean) => {
    onWaiting(true);
    while (!isReady() && !stop.aborted) await capacityWakeup.wait();
    onWaiting(false);
  };

  /** Counts a lost span. Events of it that were read before are settled as usual. */
  const takeLostSpan = async (span: LostSpan) => {
    const { toSequence, bytes, reason, where } = span;
    const fromSequence = Math.max(span.fromSequence, ledger.next());
    if (fromSequence > toSequence) return;
    const canMarkLost = () => ledger.canMarkLost(fromSequence);
    if (!canMarkLost()) await waitFor(canMarkLost);
    if (stop.aborted) return;
    const lost = ledger.markLost(fromSequence, toSequence, span.bodies);
    if (lost === 0) return;
    const attributes = { destination: name, fromSequence, toSequence, bodies: lost, bytes, reason, where };
    // An eviction was logged when it happened.
    log[reason === 'evicted' ? 'debug' : 'warn']('delivery.bodies_lost', attributes);
    onDamaged(lost);
  };

  const takeBody = async (body: StoredBody) => {
    if (!ledger.startBody(body.sequence)) return;
    const cursor = bodies.open(body);
    for (;;) {
      if (++taken % eventsPerTurn === 0) await setImmediate();
      if (!hasCapacity()) await waitFor(hasCapacity);
      if (stop.aborted) return;
      const event = cursor.next();
      if (event === 'end' || event === 'damaged') {
        if (event === 'damaged') onDamaged(1);
        ledger.endBody(body.sequence, event === 'damaged');
        onBodyRead();
        return;
      }
      if (ledger.take(body.sequence, event.element)) onEvent(event);
    }
  };

  const takeEntry = async (entry: JournalEntry) => {
    if (entry.kind === 'lost') return takeLostSpan(entry.span);
    if (entry.body.sequence >= ledger.next()) await takeBody(entry.body);
  };

  /** `skip`: many of the following bodies were settled before a restart, so a new reader behind them is faster. */
  const readAll = async (reader: BodyReader): Promise<'stopped' | 'end' | 'skip'> => {
    while (!stop.aborted) {
      const entries = await reader.read(limits, stop);
      if (readsToEnd && entries.length === 0 && !stop.aborted) return 'end';
      for (const entry of entries) {
        await takeEntry(entry);
        if (stop.aborted) return 'stopped';
      }
      // Reads from memory must not block the event loop.
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
