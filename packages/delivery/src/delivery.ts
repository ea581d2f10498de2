// The engine: a worker for each destination, over bodies that they share.

import { endGraceMs, within } from './clock.ts';
import { type DeliveryStream, startDeliveryStream } from './delivery-stream.ts';
import { type ReplayStream, type ReplayStreamOptions, startReplayStream } from './replay-stream.ts';
import { sanitizeError } from './sanitize-text.ts';
import { createSendSlots } from './send-slots.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { createSharedBodies, type SharedBodies } from './shared-bodies.ts';
import type { DestinationStatus } from './stream-status.ts';

export interface DeliveryInput extends DeliveryServices {
  readonly destinations: readonly DeliveryDestination[];
}

export interface Delivery {
  /** Of each destination; one that is being removed stands there until it has stopped. */
  status(): readonly DestinationStatus[];
  /**
   * Tries now, without waiting any longer: after something was fixed. One destination with its runs, or all; false
   * where none has that name.
   */
  resume(destination?: string): boolean;
  /** Delivers to one more, from its own position on. @throws Error where one of that name runs, or all has stopped. */
  add(destination: DeliveryDestination): void;
  /** Stops one as `stop` does, its runs with it, within one grace. False where none has that name. */
  remove(name: string, graceMs: number): Promise<boolean>;
  /** Starts a job's own stream to a destination. @throws Error where none of that name runs. */
  startReplay(options: ReplayStreamOptions): ReplayStream;
  /**
   * Sends nothing new, waits up to `graceMs` for what is under way, then aborts it; saves the positions; closes readers
   * and destinations, not the position files. Resolves in any case, a few seconds after the grace at the latest.
   */
  stop(graceMs: number): Promise<void>;
}

/** Bytes of parsed bodies that are kept for the destinations behind the first. */
const sharedBytes = 33_554_432;

/** Starts to deliver, to each destination from its own position on. */
export function startDelivery(input: DeliveryInput): Delivery {
  const { normalize, log } = input;
  const workers = new Map<string, DestinationWorker>();
  // Alone, a destination has nobody to share with.
  const bodies = createSharedBodies({ normalize, maxBytes: () => (workers.size > 1 ? sharedBytes : 0), log });
  let isStopped = false;

  const add = (destination: DeliveryDestination) => {
    const { name } = destination;
    if (isStopped) throw new Error(`delivery has stopped: ${name} cannot be added`);
    if (workers.has(name)) throw new Error(`a destination ${name} runs already`);
    workers.set(name, startDestinationWorker(destination, input, bodies));
  };
  for (const destination of input.destinations) add(destination);
  return {
    add,
    status: () => [...workers.values()].map((worker) => worker.status()),
    resume(name) {
      const meant = [...workers].filter(([known]) => name === undefined || name === known);
      for (const [, worker] of meant) worker.resume();
      return meant.length > 0;
    },
    async remove(name, graceMs) {
      const worker = workers.get(name);
      if (worker === undefined) return false;
      await worker.stop(graceMs);
      // After the end of all it stays, to be seen.
      if (!isStopped && workers.get(name) === worker) workers.delete(name);
      bodies.trim();
      return true;
    },
    startReplay(options) {
      const worker = workers.get(options.destination);
      if (worker === undefined) throw new Error(`there is no destination ${options.destination}`);
      return worker.startReplay(options);
    },
    async stop(graceMs) {
      isStopped = true;
      await Promise.all([...workers.values()].map((worker) => worker.stop(graceMs)));
    },
  };
}

type DestinationWorker = ReturnType<typeof startDestinationWorker>;

/** One destination: its main delivery stream, the replay streams beside it, and its end. */
function startDestinationWorker(spec: DeliveryDestination, services: DeliveryServices, bodies: SharedBodies) {
  const { name, destination, definition } = spec;
  const { clock, log, redact } = services;
  const slots = createSendSlots(definition.maxInFlight ?? Number.POSITIVE_INFINITY);
  const main = startDeliveryStream(spec, services, { bodies, slots });
  const streams = new Set<DeliveryStream>([main]);
  let closing: Promise<void> | undefined;

  const closeAfter = async (streamsStopped: Promise<unknown>) => {
    await streamsStopped;
    const close = (async () => destination.close?.())().catch((error: unknown) => {
      log.error('delivery.close_failed', { destination: name, error: sanitizeError(error, redact) });
    });
    if (!(await within(clock, endGraceMs, close))) log.error('delivery.close_stuck', { destination: name });
  };
  return {
    /** Of the main stream. */
    status: () => main.status(),
    /** All its streams try now, whatever they wait for. */
    resume() {
      for (const stream of streams) stream.resume();
    },
    /** @throws Error where it stops. */
    startReplay(options: ReplayStreamOptions): ReplayStream {
      if (closing !== undefined) throw new Error(`the destination ${name} is stopping`);
      const stream = startReplayStream(options, spec, services, slots);
      streams.add(stream);
      void stream.ended.then(() => streams.delete(stream));
      return stream;
    },
    /** Stops all its streams, then closes the destination. Called again, it ends with the shorter grace. */
    async stop(graceMs: number) {
      const streamsStopped = Promise.all([...streams].map((stream) => stream.stop(graceMs)));
      closing ??= closeAfter(streamsStopped);
      await closing;
    },
  };
}
