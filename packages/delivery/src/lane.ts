// One destination's own loop: reads, batches, sends, settles. Nothing in it waits for another destination.
import { maxSettledRanges } from '@xiq-siem/core';
import { createBatcher, pendingOf } from './batcher.ts';
import { createBell } from './bell.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import type { Held } from './held-pool.ts';
import { runIntake } from './intake.ts';
import { createLedger } from './ledger.ts';
import { createPolicy, type Hold } from './policy.ts';
import { createPositionKeeper } from './position-keeper.ts';
import { routeBy } from './routing.ts';
import { createSender } from './sender.ts';
import type { DeliveryDestination, DeliveryServices, DestinationStatus } from './services.ts';
import { createSettlement } from './settlement.ts';
import type { SharedBodies } from './shared-bodies.ts';
import { within } from './within.ts';
import { fitError } from './words.ts';

export interface Lane {
  readonly name: string;
  status(): DestinationStatus;
  /** Tries now, whatever it waits for. */
  resume(): void;
  /** Ends within `graceMs` and a few seconds, whatever the plugin does. */
  stop(graceMs: number): Promise<void>;
}

const endGraceMs = 3_000;

export function startLane(spec: DeliveryDestination, services: DeliveryServices, bodies: SharedBodies): Lane {
  const { name, destination, definition, options, position } = spec;
  const { clock, log, redact, random, openReader, eventsPerTurn } = services;
  const maxInFlight = Math.min(options.maxInFlight, definition.maxInFlight ?? Number.POSITIVE_INFINITY);
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
  const policy = createPolicy({ batch, retry: options.retry, maxInFlight, random });
  const batcher = createBatcher(batch.maxAgeMs);
  const keeper = createPositionKeeper({ name, file: position, ledger, clock, log, bell });
  const graves = createDeadLetterQueue({
    ...{ name, store: services.deadLetters, clock, log, bell },
    stop: stopSending.signal,
  });
  const sender = createSender(spec, services, { maxInFlight, stop: stopSending.signal });
  const settlement = createSettlement(spec, services, { ledger, policy, batcher, graves, keeper, room });
  const underWay = new Set<Promise<void>>();
  let phase: 'running' | 'stopping' | 'stopped' = 'running';
  let shown = 'running';
  let intakeWaits = false;
  const shownHeld = new Set<string>();

  const fail = (error: unknown) => {
    log.error('delivery.lane_failed', { destination: name, error: fitError(error, redact) });
    phase = 'stopped';
    stopTaking.abort();
    stopSending.abort();
    bell.ring();
  };

  /** What is held must leave half of the window to the others; a position with many gaps is full sooner. */
  const isFullOfHeld = ({ events, bytes }: Held): boolean =>
    events * 2 >= window.events || bytes * 2 >= window.bytes || (events === ledger.open() && intakeWaits);

  const holdNow = (): Hold | undefined => {
    const blocked = graves.blockedBy();
    if (blocked !== undefined) return { state: 'paused', code: blocked };
    const hold = policy.hold();
    if (hold !== undefined) return hold;
    const { held } = settlement.facts();
    return held !== undefined && isFullOfHeld(held) ? { state: 'paused', code: held.code } : undefined;
  };

  /** Sends all that may be sent now; returns the epoch milliseconds at which there is more to do. */
  const dispatch = (): number => {
    for (;;) {
      const { held } = settlement.facts();
      const limits = { ...policy.limits(), againOnly: held !== undefined && isFullOfHeld(held) };
      if (holdNow()?.state === 'paused') settlement.paused();
      if (graves.blockedBy() !== undefined || underWay.size >= limits.inFlight) return Number.POSITIVE_INFINITY;
      const events = batcher.take(clock.now(), limits);
      if (events === undefined) return batcher.dueMs(limits);
      const round = policy.round();
      const sending: Promise<void> = sender
        .send(events, settlement.facts().passed, (report) => settlement.judge(events, report, round))
        .catch(fail)
        .finally(() => {
          underWay.delete(sending);
          bell.ring();
        });
      underWay.add(sending);
    }
  };

  const showHeld = () => {
    const { held } = settlement.facts();
    if (held === undefined) {
      if (shownHeld.size > 0) log.info('delivery.held_no_longer', { destination: name });
      shownHeld.clear();
    } else if (!shownHeld.has(held.code)) {
      shownHeld.add(held.code);
      log.warn('delivery.held', { destination: name, code: held.code, events: held.events, words: held.words });
    }
  };

  const showChange = () => {
    showHeld();
    const hold = holdNow();
    const now = hold === undefined ? 'running' : `${hold.state} ${hold.code}`;
    if (now === shown) return;
    shown = now;
    if (hold === undefined) log.info('delivery.resumed', { destination: name });
    else
      log.warn(`delivery.${hold.state}`, { destination: name, code: hold.code, words: settlement.facts().lastWords });
  };

  const loop = async () => {
    while (phase === 'running') {
      keeper.saveIfDue();
      const dueMs = dispatch();
      showChange();
      await bell.wait(Math.min(dueMs, keeper.dueMs()));
    }
  };

  const intake = runIntake({
    ...{ name, openReader, bodies, ledger, clock, log, room, eventsPerTurn },
    stop: stopTaking.signal,
    damaged: settlement.damaged,
    hasRoom: () => ledger.canTake() && ledger.open() < window.events && settlement.facts().openBytes < window.bytes,
    waits(isWaiting) {
      intakeWaits = isWaiting;
      bell.ring();
    },
    take(event) {
      if (!wants(event)) return settlement.filtered(event);
      settlement.accepted(event);
      batcher.add(pendingOf(event, clock.now()));
      bell.ring();
    },
  }).catch(fail);
  const looping = loop().catch(fail);

  const close = async () => {
    try {
      await destination.close?.();
    } catch (error) {
      log.error('delivery.close_failed', { destination: name, error: fitError(error, redact) });
    }
  };

  return {
    name,
    resume() {
      policy.resume();
      settlement.resume();
      bell.ring();
    },
    status() {
      const { held, lastDeliveredMs, lastWords, possibleDuplicates } = settlement.facts();
      const { sequence, counters, open } = ledger.summary();
      const hold = holdNow();
      return {
        ...{ name, type: definition.type, assurance: destination.assurance ?? definition.assurance, sequence, open },
        state: phase === 'running' ? (hold?.state ?? 'running') : phase,
        ...(hold === undefined ? {} : { reason: hold.code }),
        held: held && { events: held.events, code: held.code, words: held.words },
        counters: { ...counters, normalized: counters.normalized + open },
        ...{
          waitingAgain: batcher.waitingAgain(),
          underWay: underWay.size,
          possibleDuplicates,
          lastDeliveredMs,
          lastWords,
        },
        pluginFaults: sender.pluginFaults(),
      };
    },
    async stop(graceMs) {
      phase = 'stopping';
      stopTaking.abort();
      room.ring();
      bell.ring();
      await looping;
      const rest = async () => {
        await Promise.all(underWay);
        while (!graves.isEmpty() && !stopSending.signal.aborted) await bell.wait();
      };
      const rested = await within(clock, graceMs, rest());
      stopSending.abort();
      bell.ring();
      if (!rested) await within(clock, endGraceMs, Promise.all(underWay));
      if (!(await within(clock, endGraceMs, intake))) log.error('delivery.reader_hangs', { destination: name });
      if (!(await within(clock, endGraceMs, keeper.flush()))) log.error('delivery.save_hangs', { destination: name });
      if (!(await within(clock, endGraceMs, close()))) log.error('delivery.close_hangs', { destination: name });
      phase = 'stopped';
    },
  };
}
