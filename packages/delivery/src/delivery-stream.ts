// One delivery stream: reads, batches, sends and settles events for a destination. It never waits for another destination.
import { maxSettledRanges, type PositionCounters } from '@xiq-siem/core';
import { aborted, createWakeup, endGraceMs, wallMsOf, within } from './clock.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { createEventFilter } from './event-filter.ts';
import { type IntakeOptions, runIntake } from './intake.ts';
import { createLedger } from './ledger.ts';
import { createParking, readStoredBefore } from './parking.ts';
import { createPendingQueue, pendingOf } from './pending-queue.ts';
import { createPositionStore } from './position-store.ts';
import { sanitizeError } from './sanitize-text.ts';
import { createSendPermit, type NextBatch, type StreamState } from './send-permit.ts';
import type { SendSlots } from './send-slots.ts';
import { createSender } from './sender.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import type { SettingsProof } from './settings-proof.ts';
import { createSettlement, type SettlementParts } from './settlement.ts';
import type { SharedBodies } from './shared-bodies.ts';
import { createStateLog, type DestinationStatus, type LastFailure } from './stream-status.ts';
import type { CheckedReport } from './verdicts.ts';

/** `done`: everything was read and settled, and the position is saved. */
export type StreamEnd = 'done' | 'stopped' | 'failed';

export type DeliveryStream = Readonly<ReturnType<typeof startDeliveryStream>>;

export interface DeliveryStreamOptions extends Pick<SettlementParts, 'onDelivered' | 'onParked'> {
  readonly bodies: SharedBodies;
  readonly slots: SendSlots;
  readonly proof: SettingsProof;
  /** Maximum of batches in flight, if lower than that of the destination. */
  readonly maxInFlight?: number;
  /** The stream ends when its reader ends. */
  readonly readsToEnd?: boolean;
  /** False: rejected events become dead letters in any case, and never pause the destination. Default: true. */
  readonly pauseOnRejections?: boolean;
}

export function startDeliveryStream(
  spec: DeliveryDestination,
  services: DeliveryServices,
  streamOptions: DeliveryStreamOptions,
) {
  const { name, destination, definition, options, position } = spec;
  const { clock, log, redact, random, openReader, eventsPerTurn } = services;
  const { bodies, slots, proof, readsToEnd = false, pauseOnRejections, onDelivered, onParked } = streamOptions;
  const destinationMaxInFlight = Math.min(options.maxInFlight, definition.maxInFlight ?? Number.POSITIVE_INFINITY);
  const maxInFlight = Math.min(destinationMaxInFlight, streamOptions.maxInFlight ?? destinationMaxInFlight);
  // A position stores at most `maxSettledRanges` ranges. Every event in flight can separate two ranges of settled events.
  const maxEvents = Math.min(options.batch.maxEvents, Math.max(1, Math.floor(maxSettledRanges / maxInFlight) - 1));
  const batch = { ...options.batch, maxEvents };
  const { unconfirmed } = destination;
  const window = unconfirmed ?? {
    events: Math.min((maxInFlight + 1) * batch.maxEvents, maxSettledRanges),
    bytes: (maxInFlight + 1) * batch.maxBytes,
  };
  const stopReading = new AbortController();
  const stopSending = new AbortController();
  const stop = stopSending.signal;
  const wakeup = createWakeup(clock);
  const capacityWakeup = createWakeup(clock);
  const isWanted = createEventFilter(options.where);
  const ledger = createLedger(position.position, unconfirmed === undefined ? undefined : maxSettledRanges / 2);
  const queue = createPendingQueue();
  const { retry, timeoutMs } = options;
  const limits = { batch, retry, timeoutMs, maxInFlight, window };
  const { isProven } = proof;
  const permit = createSendPermit({ ...limits, slots, wakeup, random, pauseOnRejections, isProven });
  const positions = createPositionStore(position, ledger, { name, clock, log, wakeup });
  const deadLetters = createDeadLetterQueue(services.deadLetters, stop, { name, clock, log, wakeup });
  const sender = createSender(spec, services, destinationMaxInFlight, slots, stop);
  const parking = createParking(services, options.retry, () => permit.isFullOfBlocked(streamState()));
  const hooks = { onDelivered, onParked, ...parking };
  const parts = { ledger, permit, proof, queue, deadLetters, positions, capacityWakeup, ...hooks };
  const settlement = createSettlement(spec, services, parts);
  const storedBefore = readStoredBefore(spec, services, stopReading.signal);
  const stateLog = createStateLog(name, log, clock);
  const settledBefore = settledIn(position.position.counters);
  /** Batches in flight. */
  const inFlight = new Set<Promise<void>>();
  /** Events of the batches in `inFlight`. */
  let eventsInFlight = 0;
  /** How many of the batches in `inFlight` only wait for a confirmation. */
  let confirming = 0;
  /** Events read since the start of the stream. */
  let taken = 0;
  let phase: 'running' | 'stopping' | 'stopped' = 'running';
  let failure: LastFailure | undefined;
  let isWaitingForCapacity = false;
  let hasReadAll = false;
  let ending: Promise<StreamEnd> | undefined;
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<StreamEnd>();

  /** Starts to end the stream; the first call decides how. */
  const drainOnce = (how: StreamEnd) => {
    ending ??= drainStream(how);
    return ending;
  };
  const failStream = (error: unknown) => {
    const message = sanitizeError(error, redact);
    log.error('delivery.stream_failed', { destination: name, error: message });
    failure ??= { code: 'stream_failed', message, atMs: clock.now() };
    stopSending.abort();
    void drainOnce('failed');
  };
  const streamState = (): StreamState => {
    const { blocked } = settlement.summary();
    return {
      nowMs: clock.now(),
      inFlight: inFlight.size,
      confirming,
      waiting: queue.waiting(),
      deadLettersBlockedBy: deadLetters.blockedBy(),
      blocked,
      isBlockedAtCapacity: isWaitingForCapacity && blocked?.events === ledger.open(),
    };
  };

  const sendBatch = (next: NextBatch) => {
    const events = queue.take(next, clock.now());
    const deliveredBefore = settlement.summary().delivered;
    eventsInFlight += events.length;
    let isConfirming = false;
    const onReport = (report: CheckedReport) => {
      eventsInFlight -= events.length;
      settlement.batchEnded(events, report, next.round);
    };
    const onConfirming = () => {
      isConfirming = true;
      confirming++;
      wakeup.notify();
    };
    const attempt: Promise<void> = sender
      .send(events, deliveredBefore, onReport, onConfirming)
      .catch(failStream)
      .finally(() => {
        inFlight.delete(attempt);
        if (isConfirming) confirming--;
        wakeup.notify();
      });
    inFlight.add(attempt);
  };
  /** Sends every batch that may be sent now. Returns when to ask again, in epoch milliseconds. */
  const sendAll = (): number => {
    for (;;) {
      const next = permit.request(streamState());
      if ('askAgainMs' in next) return next.askAgainMs;
      sendBatch(next);
    }
  };

  const runSendLoop = async () => {
    while (phase === 'running') {
      positions.saveIfDue();
      deadLetters.report.writeIfDue();
      const suspension = permit.suspension(streamState());
      if (suspension?.state === 'paused') settlement.restartRetryTimeout();
      if (parking.mustTryNow()) settlement.resume();
      const askAgainMs = sendAll();
      const { blocked, lastMessage } = settlement.summary();
      stateLog.since(suspension?.state ?? 'running');
      stateLog.logChange(suspension, blocked, lastMessage);
      if (hasReadAll && ledger.open() === 0 && positions.isSaved()) void drainOnce('done');
      else await wakeup.wait(Math.min(askAgainMs, positions.dueMs(), deadLetters.report.dueMs()));
    }
  };

  const intakeOptions: IntakeOptions = {
    name,
    openReader,
    bodies,
    ledger,
    clock,
    log,
    capacityWakeup,
    eventsPerTurn,
    readsToEnd,
    stop: stopReading.signal,
    onDamaged: settlement.damaged,
    onBodyRead: positions.markChanged,
    hasCapacity: () =>
      ledger.canTake() && ledger.open() < window.events && settlement.summary().openBytes < window.bytes,
    onWaiting(isWaiting) {
      isWaitingForCapacity = isWaiting;
      wakeup.notify();
    },
    onEvent(event) {
      taken++;
      if (storedBefore.has(event)) return settlement.storedBefore(event);
      if (event.filtered !== undefined || !isWanted(event)) return settlement.filtered(event);
      settlement.queued(event);
      queue.addNew(pendingOf(event, clock.now()));
      wakeup.notify();
    },
  };
  const intake = storedBefore.ready
    .then(() => runIntake(intakeOptions))
    .then((how) => {
      hasReadAll = how === 'end';
      wakeup.notify();
    })
    .catch(failStream);
  const sending = runSendLoop()
    .catch(failStream)
    .finally(() => slots.withdraw(wakeup));

  /** Ends reading first, then sending. Waits for batches in flight until `stop` fires, and saves the position last. */
  const drainStream = async (how: StreamEnd): Promise<StreamEnd> => {
    phase = 'stopping';
    stateLog.since(phase);
    stopReading.abort();
    capacityWakeup.notify();
    wakeup.notify();
    await sending;
    const restEnded = async () => {
      await Promise.all(inFlight);
      while (deadLetters.size() > 0 && !stop.aborted) await wakeup.wait();
    };
    await Promise.race([restEnded(), aborted(stop)]);
    stopSending.abort();
    wakeup.notify();
    await within(clock, endGraceMs, Promise.all(inFlight));
    if (!(await within(clock, endGraceMs, intake))) log.error('delivery.reader_stuck', { destination: name });
    if (!(await within(clock, endGraceMs, positions.flush())))
      log.error('delivery.position_write_stuck', { destination: name });
    deadLetters.report.writeRest();
    phase = 'stopped';
    stateLog.since(phase);
    resolveEnded(how);
    return how;
  };

  const stopWithin = async (graceMs: number): Promise<void> => {
    await within(clock, graceMs, drainOnce('stopped'));
    stopSending.abort();
    await ended;
  };

  function resumeStream() {
    permit.resume();
    settlement.resume();
    wakeup.notify();
  }

  const withAdvice = (degraded: { readonly events: number; readonly code: string }) => {
    const advice = definition.degraded?.[degraded.code];
    return { ...degraded, ...(advice !== undefined && { advice }) };
  };

  function wallMs(ms: number): number;
  function wallMs(ms: number | undefined): number | undefined;
  function wallMs(ms: number | undefined): number | undefined {
    return ms === undefined ? undefined : wallMsOf(clock, ms);
  }

  function streamStatus(): DestinationStatus {
    const { blocked, degraded, possibleDuplicates, lastDeliveredMs, lastMessage, lastFailure } = settlement.summary();
    const { sequence, counters, open } = ledger.summary();
    const stream = streamState();
    const suspension = permit.suspension(stream);
    const lastSeen = failure ?? lastFailure;
    const state = phase === 'running' ? (suspension?.state ?? 'running') : phase;
    const reason = failure?.code ?? suspension?.code;
    return {
      name,
      type: definition.type,
      assurance: destination.assurance ?? definition.assurance,
      state,
      ...(reason === undefined ? {} : { reason }),
      proven: proof.isProven(),
      sinceMs: wallMs(stateLog.since(state)),
      waitUntilMs: phase === 'running' ? wallMs(permit.waitUntilMs(stream)) : undefined,
      blocked: blocked && { events: blocked.events, code: blocked.code, message: blocked.message },
      parkingRefused: parking.isRefused(),
      lastMessage,
      lastFailure: lastSeen && { ...lastSeen, atMs: wallMs(lastSeen.atMs) },
      sequence,
      counters: { ...counters, normalized: counters.normalized + open },
      open,
      taken,
      settledSinceStart: settledIn(counters) - settledBefore,
      inProgress: queue.size() + eventsInFlight + deadLetters.size(),
      awaitingResend: queue.awaitingResend(),
      batchesInFlight: inFlight.size,
      possibleDuplicates,
      ...(degraded && { degraded: withAdvice(degraded) }),
      pluginFaults: sender.pluginFaults(),
      lastDeliveredMs: wallMs(lastDeliveredMs),
    };
  }

  return {
    /** Never rejects. */
    ended,
    /** Clears retry delays and makes resends due now. A pause because of full dead letters stays. */
    resume: resumeStream,
    status: streamStatus,
    /** Ends within `graceMs` and a few seconds. If it is called again, the earlier deadline applies. */
    stop: stopWithin,
  };
}

function settledIn({ delivered, deadLettered, filtered }: PositionCounters): number {
  return delivered + deadLettered + filtered;
}
