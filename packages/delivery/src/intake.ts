// Reads the journal for one destination: bodies become pending events, as far as there is capacity.
import { setImmediate } from 'node:timers/promises';
import type { BodyReader, JournalEntry, KeptBody, Logger, LostSpan } from '@xiq-siem/core';
import type { Clock } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { PreparedEvent, SharedBodies } from './shared-bodies.ts';
import type { Wakeup } from './waiting.ts';

export interface IntakeOptions {
  readonly name: string;
  readonly openReader: (fromSequence: number) => BodyReader;
  readonly bodies: SharedBodies;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly eventsPerTurn: number;
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
  readonly bodyRead: () => void;
  /** An empty read means that there is no more; at a journal's tail there always may be. */
  readonly readsToEnd: boolean;
}

interface Intake extends IntakeOptions {
  readonly yieldTurn: () => Promise<void> | undefined;
}

/** Waits until it may go on, or `stop` fires. */
async function waitFor(isReady: () => boolean, { capacity, stop, waits }: IntakeOptions): Promise<void> {
  waits(true);
  while (!isReady() && !stop.aborted) await capacity.wait();
  waits(false);
}

const limits = { maxBodies: 256, maxBytes: 1_048_576 };
const retryMs = 1_000;

/** Runs until `stop` fires, or there is no more. A reader that fails, or has too much to skip, is opened again. */
export async function runIntake(options: IntakeOptions): Promise<'stopped' | 'end'> {
  const { name, openReader, ledger, clock, log, stop, eventsPerTurn } = options;
  let taken = 0;
  const yieldTurn = () => (++taken % eventsPerTurn === 0 ? setImmediate() : undefined);
  while (!stop.aborted) {
    let reader: BodyReader | undefined;
    try {
      reader = openReader(ledger.next());
      if ((await readAll(reader, { ...options, yieldTurn })) === 'end') return 'end';
    } catch (error) {
      log.error('delivery.read_failed', { destination: name, sequence: ledger.next(), error: String(error) });
      await clock.sleep(retryMs, stop);
    } finally {
      await reader?.close().catch((error: unknown) => {
        log.warn('delivery.reader_not_closed', { destination: name, error: String(error) });
      });
    }
  }
  return 'stopped';
}

/** `skip`: so much of what follows was settled before a restart that another reader is past it sooner. */
async function readAll(reader: BodyReader, options: Intake): Promise<'stopped' | 'end' | 'skip'> {
  const { ledger, stop, readsToEnd } = options;
  while (!stop.aborted) {
    const entries = await reader.read(limits, stop);
    if (readsToEnd && entries.length === 0 && !stop.aborted) return 'end';
    for (const entry of entries) {
      await takeEntry(entry, options);
      if (stop.aborted) return 'stopped';
    }
    // A read that was answered out of memory must not keep the event loop from its turn, whatever it gave.
    await setImmediate();
    const last = entries.at(-1);
    if (last !== undefined && ledger.next() - lastOf(last) > limits.maxBodies) return 'skip';
  }
  return 'stopped';
}

function lastOf(entry: JournalEntry): number {
  return entry.kind === 'body' ? entry.body.sequence : entry.span.toSequence;
}

async function takeEntry(entry: JournalEntry, options: Intake): Promise<void> {
  if (entry.kind === 'lost') return loseRest(entry.span, options);
  const { body } = entry;
  const { ledger } = options;
  const next = ledger.next();
  if (body.sequence < next) return;
  if (body.sequence > next) {
    const where = 'the journal gave neither these bodies nor a reason';
    await lose({ fromSequence: next, toSequence: body.sequence - 1, bytes: 0, reason: 'missing', where }, options);
  }
  if (!options.stop.aborted) await takeBody(body, options);
}

async function takeBody(body: KeptBody, options: Intake): Promise<void> {
  const { ledger, bodies, hasCapacity, stop, take, damaged, bodyRead, yieldTurn } = options;
  if (!ledger.begin(body.sequence)) return;
  const cursor = bodies.open(body);
  for (;;) {
    const turn = yieldTurn();
    if (turn !== undefined) await turn;
    if (!hasCapacity()) await waitFor(hasCapacity, options);
    if (stop.aborted) return;
    const event = cursor.next();
    if (event === 'end' || event === 'damaged') {
      if (event === 'damaged') damaged(1);
      ledger.end(body.sequence, event === 'damaged');
      bodyRead();
      return;
    }
    if (ledger.take(body.sequence, event.element)) take(event);
  }
}

/** What was read before is settled by what became of it, though it cannot be read again. */
async function loseRest(span: LostSpan, options: IntakeOptions): Promise<void> {
  const fromSequence = Math.max(span.fromSequence, options.ledger.next());
  if (fromSequence <= span.toSequence) await lose({ ...span, fromSequence }, options);
}

async function lose(span: LostSpan, options: IntakeOptions): Promise<void> {
  const { name, ledger, log, stop, damaged } = options;
  const { fromSequence, toSequence, bytes, reason, where } = span;
  const canLose = () => ledger.canLose(fromSequence);
  if (!canLose()) await waitFor(canLose, options);
  if (stop.aborted) return;
  const lost = ledger.lose(fromSequence, toSequence);
  if (lost === 0) return;
  log.warn('delivery.bodies_lost', { destination: name, fromSequence, toSequence, bodies: lost, bytes, reason, where });
  damaged(lost);
}
