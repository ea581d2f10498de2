// `dlq retry`: sends dead letters again. A delivered one is resolved; a rejected one stays with its new reason.
import { retryRequest } from '@xiq-siem/admin-api';
import { initialPosition } from '@xiq-siem/core';
import { type RunningParts, runningReadModel, selectionOf } from '@xiq-siem/queries';
import type { DeadLetters } from '@xiq-siem/state';
import type { JobKind } from './jobs.ts';
import { createRenormalizer } from './renormalizer.ts';
import { retryReader } from './retry-reader.ts';
import { requireConfigured, type StreamPlan, startStreams } from './stream-work.ts';

export function retryKind(parts: RunningParts): JobKind {
  const { deadLetters, pipeline } = parts;
  return {
    plan: async function planRetry(request) {
      const { lastNumber } = await deadLetters.extent(selectionOf(retryRequest.parse(request)));
      return { lastNumber };
    },
    start: async function startRetryJob({ job, lastNumber = 0 }) {
      const request = retryRequest.parse(job.request);
      requireConfigured(parts, request.destination === undefined ? [] : [request.destination]);
      const renormalizer = request.renormalize ? createRenormalizer(runningReadModel(parts)) : undefined;
      const streams: StreamPlan[] = [];
      for (const { configured } of pipeline.destinations()) {
        const { name } = configured;
        if (request.destination !== undefined && request.destination !== name) continue;
        const filter = { ...selectionOf(request), destination: name };
        const { matching } = await deadLetters.extent(filter, lastNumber);
        if (matching === 0) continue;
        const reader = retryReader(deadLetters, filter, lastNumber, renormalizer?.eventOf);
        streams.push(retryStream(job.id, name, matching, reader, deadLetters));
      }
      return startStreams(streams, pipeline.delivery, renormalizer?.close);
    },
  };
}

/**
 * The stream of one destination. It needs no durable position: a delivered dead letter is resolved, and one that is
 * rejected again gets a number above `lastNumber`. Starting again is therefore the same as resuming.
 */
function retryStream(
  id: string,
  destination: string,
  total: number,
  reader: ReturnType<typeof retryReader>,
  deadLetters: DeadLetters,
): StreamPlan {
  const delivered: number[] = [];

  async function resolveDelivered(): Promise<void> {
    const sequences = delivered.splice(0);
    const resolved = sequences.flatMap((sequence) => reader.deadLetterAt(sequence)?.number ?? []);
    try {
      await deadLetters.resolve(resolved, 'delivered', id);
    } catch (cause) {
      delivered.push(...sequences);
      throw cause;
    }
    for (const sequence of sequences) reader.settled(sequence);
  }
  return {
    run: {
      id,
      destination,
      position: { position: initialPosition(1), save: resolveDelivered, close: async () => {} },
      pauseOnRejections: false,
      where: {},
      openReader: () => reader,
      normalize: (body) => reader.eventsOf(body),
      onDelivered: ({ sequence }) => void delivered.push(sequence),
      deadLetters: {
        // A dead letter that is rejected again replaces the stored one, so that a full store has capacity for it.
        full: false,
        append: async function storeRejectedAgain({ sequence, code, message, lastAttemptMs, json, attempts }) {
          const stored = reader.deadLetterAt(sequence);
          if (stored === undefined) return;
          const { number, message: _, parked: __, ...before } = stored;
          const again = { code, json, lastAttemptMs, attempts: before.attempts + attempts };
          await deadLetters.replace(number, { ...before, ...again, ...(message !== undefined && { message }) });
          reader.settled(sequence);
        },
      },
    },
    total,
    doneOf: ({ counters, open }) => Math.max(0, counters.normalized - open) + reader.missing(),
    missing: reader.missing,
  };
}
