// Stores and logs the dead letters of one delivery stream. Their events are settled after they are stored.
import type { LogAttributes, Logger } from '@xiq-siem/core';
import type { Clock } from './clock.ts';
import type { DeadLetter, DeadLetterStore, StreamServices } from './services.ts';

const retryMs = 5_000;
const appendedAtOnce = 64;

export type DeadLetterQueue = ReturnType<typeof createDeadLetterQueue>;

export function createDeadLetterQueue(store: DeadLetterStore, stop: AbortSignal, services: StreamServices) {
  const { name, clock, log, wakeup } = services;
  const report = createDeadLetterLog(log, clock);
  const waiting: { readonly entry: DeadLetter; readonly stored: () => void }[] = [];
  let blockedBy: 'dead_letters_full' | 'dead_letters_write_failed' | undefined;
  let isRunning = false;
  let size = 0;

  const logStored = (event: StoredEvent, { destination, id, dataset, attempts, receipt, code }: DeadLetter) =>
    report.log(event, code, { destination, id, dataset, attempts, receipt });
  const blockQueue = (reason: NonNullable<typeof blockedBy>, error?: unknown) => {
    if (blockedBy !== reason) {
      const cause = error === undefined ? {} : { error: String(error) };
      log.error(`delivery.${reason}`, { destination: name, waiting: waiting.length, ...cause });
    }
    blockedBy = reason;
    wakeup.notify();
  };
  const appendEntry = async (entry: DeadLetter): Promise<boolean> => {
    if (store.full) {
      blockQueue('dead_letters_full');
      return false;
    }
    try {
      await store.append(entry);
      return true;
    } catch (error) {
      blockQueue(store.full ? 'dead_letters_full' : 'dead_letters_write_failed', error);
      return false;
    }
  };
  /** Appends several entries, which share a sync. False if some must be tried again. */
  const appendSome = async () => {
    const some = waiting.splice(0, appendedAtOnce);
    const isStored = await Promise.all(some.map(({ entry }) => appendEntry(entry)));
    waiting.unshift(...some.filter((_, index) => !isStored[index]));
    for (const [index, { entry, stored }] of some.entries()) {
      if (!isStored[index]) continue;
      size--;
      stored();
      logStored('delivery.dead_letter', entry);
    }
    return isStored.every(Boolean);
  };
  const appendAll = async () => {
    while (waiting.length > 0 && !stop.aborted) {
      if (!(await appendSome())) {
        await clock.sleep(retryMs, stop);
        continue;
      }
      if (blockedBy !== undefined) log.info('delivery.dead_letters_resumed', { destination: name });
      blockedBy = undefined;
      wakeup.notify();
    }
    isRunning = false;
  };
  const addDeadLetter = (entry: DeadLetter, stored: () => void) => {
    size++;
    waiting.push({ entry, stored });
    if (isRunning) return;
    isRunning = true;
    void appendAll();
  };
  /** Tries once: an event that cannot be parked stays in its stream. */
  const parkEntry = async (entry: DeadLetter, stored: () => void, notStored: () => void) => {
    size++;
    const isStored = await store.append(entry).then(
      () => true,
      (error: unknown) => {
        log.error('delivery.parking_failed', { destination: name, error: String(error) });
        return false;
      },
    );
    size--;
    if (isStored) {
      stored();
      logStored('delivery.event_parked', entry);
    } else notStored();
    wakeup.notify();
  };
  return {
    /** Stores a parked event. Then calls `stored`, or `notStored` if it failed. */
    park: (entry: DeadLetter, stored: () => void, notStored: () => void) => void parkEntry(entry, stored, notStored),
    /** Stores an entry. Calls `stored` when it is durable. */
    add: addDeadLetter,
    /** Why no dead letter can be stored; undefined if it can. */
    blockedBy: () => blockedBy,
    /** Entries that are not stored yet. */
    size: () => size,
    report,
  };
}

const summaryMs = 60_000;

type StoredEvent = 'delivery.dead_letter' | 'delivery.event_parked';

/** Logs dead letters and parked events. A rejection burst does not write a line for each event. */
export function createDeadLetterLog(log: Logger, clock: Clock) {
  // One entry for each log event and code.
  const summaries = new Map<string, { readonly untilMs: number; events: number; attributes: LogAttributes }>();

  const writeLine = (key: string, events: number, attributes: LogAttributes) => {
    const [event = '', code = ''] = key.split(' ', 2);
    log.warn(event, { ...attributes, code, events });
    summaries.set(key, { untilMs: clock.now() + summaryMs, events: 0, attributes });
  };
  /** Writes the summaries that are due at `nowMs`. */
  const writeUntil = (nowMs: number) => {
    for (const [key, { untilMs, events, attributes }] of [...summaries]) {
      if (untilMs > nowMs) continue;
      summaries.delete(key);
      if (events > 0) writeLine(key, events, attributes);
    }
  };
  const logStored = (event: StoredEvent, code: string, attributes: LogAttributes) => {
    writeUntil(clock.now());
    const key = `${event} ${code}`;
    const summary = summaries.get(key);
    if (summary === undefined) return writeLine(key, 1, attributes);
    summary.events++;
    summary.attributes = attributes;
  };
  return {
    /** Logs the first event of a code at once, and the number of events of the following minute at its end. */
    log: logStored,
    /** When there is something to write, in epoch milliseconds; infinite if there is nothing. */
    dueMs: () =>
      [...summaries.values()].reduce(
        (due, { events, untilMs }) => (events > 0 ? Math.min(due, untilMs) : due),
        Number.POSITIVE_INFINITY,
      ),
    writeIfDue: () => writeUntil(clock.now()),
    /** Writes the remaining summaries. */
    writeRest: () => writeUntil(Number.POSITIVE_INFINITY),
  };
}
