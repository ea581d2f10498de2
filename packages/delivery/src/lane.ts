// One lane to a destination: reads, batches, sends, settles. Nothing in it waits for another destination.
import { maxSettledRanges, type PositionCounters } from '@xiq-siem/core';
import { createBatcher, type Pending, pendingOf } from './batcher.ts';
import { createBell } from './bell.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import type { Gate } from './gate.ts';
import { runIntake } from './intake.ts';
import { createLedger } from './ledger.ts';
import { createPolicy } from './policy.ts';
import { createPositionKeeper } from './position-keeper.ts';
import { routeBy } from './routing.ts';
import { createSender } from './sender.ts';
import type { DeliveryDestination, DeliveryServices, DestinationStatus, LastFailure } from './services.ts';
import { createSettlement, type SettlementParts } from './settlement.ts';
import type { SharedBodies } from './shared-bodies.ts';
import { createStateWatch } from './state-watch.ts';
import { createValve } from './valve.ts';
import { aborted, endGraceMs, within } from './within.ts';
import { fitError } from './words.ts';

/** `done`: there is no more to read, and all that was read is settled and saved. */
export type LaneEnd = 'done' | 'stopped' | 'failed';

export interface Lane {
  status(): DestinationStatus;
  /** Tries now, whatever it waits for. */
  resume(): void;
  /** Ends within `graceMs` and a few seconds, whatever the plugin does. Called again, it ends with the shorter grace. */
  stop(graceMs: number): Promise<void>;
  /** Never rejects. */
  readonly ended: Promise<LaneEnd>;
}

export interface LaneManner extends Pick<SettlementParts, 'onDelivered'> {
  readonly bodies: SharedBodies;
  readonly gate: Gate;
  /** Batches under way at once, if fewer than the destination may have. */
  readonly maxInFlight?: number;
  /** It ends where its reader does. */
  readonly readsToEnd?: boolean;
  readonly pauseOnRejections?: boolean;
}

export function startLane(spec: DeliveryDestination, services: DeliveryServices, manner: LaneManner): Lane {
  const { name, destination, definition, options, position } = spec;
  const { clock, log, redact, random, openReader, eventsPerTurn } = services;
  const { bodies, gate, readsToEnd = false, pauseOnRejections = true, onDelivered } = manner;
  const mostInFlight = Math.min(options.maxInFlight, definition.maxInFlight ?? Number.POSITIVE_INFINITY);
  const maxInFlight = Math.min(mostInFlight, manner.maxInFlight ?? mostInFlight);
  // What is under way and what is settled behind it have to fit one position.
  const maxEvents = Math.min(options.batch.maxEvents, Math.max(1, Math.floor(maxSettledRanges / maxInFlight) - 1));
  const batch = { ...options.batch, maxEvents };
  const window = {
    events: Math.min((maxInFlight + 1) * batch.maxEvents, maxSettledRanges),
    bytes: (maxInFlight + 1) * batch.maxBytes,
  };
  const stopTaking = new AbortController();
  const stopSending = new AbortController();
  const bell = createBell(clock);
  const room = createBell(clock);
  const wants = routeBy(options.where);
  const ledger = createLedger(position.position);
  const policy = createPolicy({ batch, retry: options.retry, maxInFlight, random, pauseOnRejections });
  const batcher = createBatcher(batch.maxAgeMs);
  const keeper = createPositionKeeper({ name, file: position, ledger, clock, log, bell });
  const graves = createDeadLetterQueue({
    ...{ name, store: services.deadLetters, clock, log, bell },
    stop: stopSending.signal,
  });
  const sender = createSender(spec, services, { maxInFlight: mostInFlight, gate, stop: stopSending.signal });
  const settlement = createSettlement(spec, services, { ledger, policy, batcher, graves, keeper, room, onDelivered });
  const { lines } = settlement;
  const valve = createValve({
    ...{ policy, graves, window },
    held: () => settlement.facts().held,
    isStuck: (held) => intakeWaits && held.events === ledger.open(),
  });
  const watch = createStateWatch(name, log, clock);
  const settledBefore = settledIn(position.position.counters);
  const underWay = new Set<Promise<void>>();
  let eventsUnderWay = 0;
  let taken = 0;
  let phase: 'running' | 'stopping' | 'stopped' = 'running';
  let failure: LastFailure | undefined;
  let intakeWaits = false;
  let hasReadAll = false;
  let ending: Promise<LaneEnd> | undefined;
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<LaneEnd>();

  const enter = (next: 'stopping' | 'stopped') => {
    phase = next;
    watch.since(next);
  };
  const end = (how: LaneEnd) => {
    ending ??= windDown(how);
    return ending;
  };
  const fail = (error: unknown) => {
    const words = fitError(error, redact);
    log.error('delivery.lane_failed', { destination: name, error: words });
    failure ??= { code: 'lane_failed', words, atMs: clock.now() };
    stopSending.abort();
    void end('failed');
  };

  const send = (events: readonly Pending[]) => {
    eventsUnderWay += events.length;
    const round = policy.round();
    const sending: Promise<void> = sender
      .send(events, settlement.facts().passed, (report) => {
        eventsUnderWay -= events.length;
        settlement.judge(events, report, round);
      })
      .catch(fail)
      .finally(() => {
        underWay.delete(sending);
        bell.ring();
      });
    underWay.add(sending);
  };

  /** Sends all that may be sent now; returns the epoch milliseconds at which there is more to do. */
  const dispatch = (): number => {
    for (;;) {
      const limits = valve.limits();
      if (valve.hold()?.state === 'paused') settlement.paused();
      const dueMs =
        valve.isShut() || underWay.size >= limits.inFlight ? Number.POSITIVE_INFINITY : batcher.dueMs(limits);
      if (dueMs > clock.now()) {
        gate.withdraw(bell);
        return dueMs;
      }
      if (!gate.enter(bell)) return Number.POSITIVE_INFINITY;
      const events = batcher.take(clock.now(), limits);
      if (events === undefined) {
        gate.leave();
        return dueMs;
      }
      send(events);
    }
  };

  const loop = async () => {
    while (phase === 'running') {
      keeper.saveIfDue();
      lines.sayIfDue();
      const dueMs = dispatch();
      const { held, lastWords } = settlement.facts();
      const hold = valve.hold();
      watch.since(hold?.state ?? 'running');
      watch.tell(hold, held, lastWords);
      if (hasReadAll && ledger.open() === 0 && keeper.isSaved()) void end('done');
      else await bell.wait(Math.min(dueMs, keeper.dueMs(), lines.dueMs()));
    }
  };

  const intake = runIntake({
    ...{ name, openReader, bodies, ledger, clock, log, room, eventsPerTurn, readsToEnd },
    stop: stopTaking.signal,
    damaged: settlement.damaged,
    bodyRead: keeper.moved,
    hasRoom: () => ledger.canTake() && ledger.open() < window.events && settlement.facts().openBytes < window.bytes,
    waits(isWaiting) {
      intakeWaits = isWaiting;
      bell.ring();
    },
    take(event) {
      taken++;
      if (event.filtered !== undefined || !wants(event)) return settlement.filtered(event);
      settlement.accepted(event);
      batcher.add(pendingOf(event, clock.now()));
      bell.ring();
    },
  })
    .then((how) => {
      hasReadAll = how === 'end';
      bell.ring();
    })
    .catch(fail);
  const looping = loop()
    .catch(fail)
    .finally(() => gate.withdraw(bell));

  const windDown = async (how: LaneEnd): Promise<LaneEnd> => {
    enter('stopping');
    stopTaking.abort();
    room.ring();
    bell.ring();
    await looping;
    const rest = async () => {
      await Promise.all(underWay);
      while (graves.size() > 0 && !stopSending.signal.aborted) await bell.wait();
    };
    await Promise.race([rest(), aborted(stopSending.signal)]);
    stopSending.abort();
    bell.ring();
    await within(clock, endGraceMs, Promise.all(underWay));
    if (!(await within(clock, endGraceMs, intake))) log.error('delivery.reader_hangs', { destination: name });
    if (!(await within(clock, endGraceMs, keeper.flush()))) log.error('delivery.save_hangs', { destination: name });
    lines.sayRest();
    enter('stopped');
    resolveEnded(how);
    return how;
  };

  return {
    ended,
    resume() {
      policy.resume();
      settlement.resume();
      bell.ring();
    },
    status() {
      const { held, lastDeliveredMs, lastWords, lastFailure, possibleDuplicates } = settlement.facts();
      const { sequence, counters, open } = ledger.summary();
      const hold = valve.hold();
      const state = phase === 'running' ? (hold?.state ?? 'running') : phase;
      const reason = failure?.code ?? hold?.code;
      const limits = valve.limits();
      const waitMs = hold === undefined ? limits.notBeforeMs : batcher.dueMs(limits);
      const isKnown = phase === 'running' && !valve.isShut() && waitMs !== Number.POSITIVE_INFINITY;
      return {
        ...{ name, type: definition.type, assurance: destination.assurance ?? definition.assurance, sequence, open },
        ...{ state, sinceMs: watch.since(state), waitUntilMs: isKnown && waitMs > clock.now() ? waitMs : undefined },
        ...(reason === undefined ? {} : { reason }),
        held: held && { events: held.events, code: held.code, words: held.words },
        counters: { ...counters, normalized: counters.normalized + open },
        taken,
        settledSince: settledIn(counters) - settledBefore,
        inHand: batcher.size() + eventsUnderWay + graves.size(),
        ...{ waitingAgain: batcher.waitingAgain(), underWay: underWay.size },
        ...{ possibleDuplicates, lastDeliveredMs, lastWords, lastFailure: failure ?? lastFailure },
        pluginFaults: sender.pluginFaults(),
      };
    },
    async stop(graceMs) {
      await within(clock, graceMs, end('stopped'));
      stopSending.abort();
      await ended;
    },
  };
}

function settledIn({ delivered, deadLettered, filtered }: PositionCounters): number {
  return delivered + deadLettered + filtered;
}
