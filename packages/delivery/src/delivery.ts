// The delivery engine: one worker for each destination. The workers share parsed bodies.

import { endGraceMs, within } from './clock.ts';
import { type DeliveryStream, startDeliveryStream } from './delivery-stream.ts';
import { startParkedRetry } from './parked-retry.ts';
import { type ReplayStream, type ReplayStreamOptions, startReplayStream } from './replay-stream.ts';
import { sanitizeError } from './sanitize-text.ts';
import { createSendSlots } from './send-slots.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { createSettingsProof } from './settings-proof.ts';
import { createSharedBodies, type SharedBodies } from './shared-bodies.ts';
import type { DestinationStatus } from './stream-status.ts';

export interface DeliveryInput extends DeliveryServices {
  readonly destinations: readonly DeliveryDestination[];
}

export interface Delivery {
  /** The status of each destination, including those that are stopping. */
  status(): readonly DestinationStatus[];
  /**
   * Sends waiting events now, after an operator fixed something: to one destination, including its replay streams, or to
   * all. False if no destination has that name.
   */
  resume(destination?: string): boolean;
  /** Adds a destination and delivers to it from its position on. @throws Error if the name exists, or after `stop`. */
  add(destination: DeliveryDestination): void;
  /** Stops one destination and its replay streams, as `stop` does. False if no destination has that name. */
  remove(name: string, graceMs: number): Promise<boolean>;
  /** Starts the replay stream of a job. @throws Error if no destination has that name, or it is stopping. */
  startReplay(options: ReplayStreamOptions): ReplayStream;
  /**
   * Sends nothing new, waits up to `graceMs` for batches in flight, then aborts them. Saves the positions, and closes
   * readers and destinations, but not the position files. Always resolves, at most a few seconds after the grace time.
   */
  stop(graceMs: number): Promise<void>;
}

/** Bytes of parsed bodies that are cached for slower destinations. */
const sharedBytes = 33_554_432;

/** Delivers to each destination from its position on. */
export function startDelivery(input: DeliveryInput): Delivery {
  const { normalize, log } = input;
  const workers = new Map<string, DestinationWorker>();
  // A single destination needs no cache.
  const bodies = createSharedBodies({ normalize, maxBytes: () => (workers.size > 1 ? sharedBytes : 0), log });
  let isStopped = false;

  const addDestination = (destination: DeliveryDestination) => {
    const { name } = destination;
    if (isStopped) throw new Error(`delivery has stopped: ${name} cannot be added`);
    if (workers.has(name)) throw new Error(`a destination ${name} is already running`);
    workers.set(name, startDestinationWorker(destination, input, bodies));
  };
  for (const destination of input.destinations) addDestination(destination);
  async function removeDestination(name: string, graceMs: number): Promise<boolean> {
    const worker = workers.get(name);
    if (worker === undefined) return false;
    await worker.stop(graceMs);
    // After `stop`, the destination stays visible in the status.
    if (!isStopped && workers.get(name) === worker) workers.delete(name);
    bodies.trim();
    return true;
  }
  function resumeDestinations(name?: string): boolean {
    const selected = [...workers].filter(([known]) => name === undefined || name === known);
    for (const [, worker] of selected) worker.resume();
    return selected.length > 0;
  }
  async function stopDelivery(graceMs: number): Promise<void> {
    isStopped = true;
    await Promise.all([...workers.values()].map((worker) => worker.stop(graceMs)));
  }

  return {
    add: addDestination,
    remove: removeDestination,
    resume: resumeDestinations,
    stop: stopDelivery,
    status: () => [...workers.values()].map((worker) => worker.status()),
    startReplay(options) {
      const worker = workers.get(options.destination);
      if (worker === undefined) throw new Error(`there is no destination ${options.destination}`);
      return worker.startReplay(options);
    },
  };
}

type DestinationWorker = ReturnType<typeof startDestinationWorker>;

/** Runs one destination: its main delivery stream and its replay streams. */
function startDestinationWorker(spec: DeliveryDestination, services: DeliveryServices, bodies: SharedBodies) {
  const { name, destination, definition } = spec;
  const { clock, log, redact } = services;
  const slots = createSendSlots(definition.maxInFlight ?? Number.POSITIVE_INFINITY);
  const { parked } = services;
  const proof = createSettingsProof(spec.settings);
  const main = startDeliveryStream(spec, services, { bodies, slots, proof, onParked: () => retry?.parked() });
  const streams = new Set<DeliveryStream>([main]);
  const isJobRunning = () => streams.size > 1;
  const retry = parked && startParkedRetry(spec, services, { parked, slots, proof, status: main.status, isJobRunning });
  let closing: Promise<void> | undefined;

  const closeDestinationAfter = async (streamsStopped: Promise<unknown>) => {
    await streamsStopped;
    const close = (async () => destination.close?.())().catch((error: unknown) => {
      log.error('delivery.close_failed', { destination: name, error: sanitizeError(error, redact) });
    });
    if (!(await within(clock, endGraceMs, close))) log.error('delivery.close_stuck', { destination: name });
  };
  async function stopWorker(graceMs: number): Promise<void> {
    const streamsStopped = Promise.all([...[...streams].map((stream) => stream.stop(graceMs)), retry?.stop(graceMs)]);
    closing ??= closeDestinationAfter(streamsStopped);
    await closing;
  }

  function resumeStreams() {
    for (const stream of streams) stream.resume();
    retry?.resume();
  }

  function workerStatus(): DestinationStatus {
    const status = main.status();
    const possibleDuplicates = status.possibleDuplicates + (retry?.possibleDuplicates() ?? 0);
    return { ...status, possibleDuplicates, parkedRetryMs: retry?.nextMs() };
  }

  return {
    /** Of the main stream and the retry of parked events. */
    status: workerStatus,
    resume: resumeStreams,
    /** @throws Error if the destination is stopping. */
    startReplay(options: ReplayStreamOptions): ReplayStream {
      if (closing !== undefined) throw new Error(`the destination ${name} is stopping`);
      const stream = startReplayStream(options, spec, services, { slots, proof });
      streams.add(stream);
      void stream.ended.then(() => streams.delete(stream));
      return stream;
    },
    /** Stops all streams, then closes the destination. With several calls the shortest grace time counts. */
    stop: stopWorker,
  };
}
