// `dlq retry`: sends dead letters again. What is delivered is resolved; what is rejected again stays, with its new reason.
import type { PositionFile } from '@xiq-siem/core';
import type { DeliveryRun } from '@xiq-siem/delivery';
import { freshPosition } from '@xiq-siem/journal';
import type { DeadLetters } from '@xiq-siem/state';
import type { LanePlan } from './lane-work.ts';
import { type Renormalize, retryReader } from './retry-reader.ts';

/**
 * The lane of one destination. It needs no position of its own: what is delivered is resolved before anything else is
 * forgotten, and what is rejected again has gone beyond `lastNumber`, so that beginning anew is going on.
 */
export function retryLane(
  id: string,
  destination: string,
  numbers: readonly number[],
  deadLetters: DeadLetters,
  renormalize: Renormalize | undefined,
): LanePlan {
  const reader = retryReader(deadLetters, numbers, renormalize);
  const delivered: number[] = [];

  const flush = async (): Promise<void> => {
    const sequences = delivered.splice(0);
    const resolved = sequences.flatMap((sequence) => reader.letterAt(sequence)?.number ?? []);
    try {
      await deadLetters.resolve(resolved, 'delivered', id);
    } catch (cause) {
      delivered.push(...sequences);
      throw cause;
    }
    for (const sequence of sequences) reader.settled(sequence);
  };
  const position: PositionFile = { position: freshPosition(1), save: flush, close: async () => {} };
  const run: DeliveryRun = {
    ...{ id, destination, position, pauseOnRejections: false, where: {} },
    openReader: () => reader,
    normalize: (body) => reader.eventsOf(body),
    onDelivered: ({ sequence }) => void delivered.push(sequence),
    deadLetters: {
      // What is rejected again takes the place of what was: there is room for it in a full store too.
      full: false,
      async append(again) {
        const letter = reader.letterAt(again.sequence);
        if (letter === undefined) return;
        const { number, ...before } = letter;
        const { code, message, lastAttemptMs, json } = again;
        const words = message !== undefined && { message };
        const { message: _, ...kept } = before;
        await deadLetters.replace(number, {
          ...{ ...kept, ...words, code, json, lastAttemptMs },
          attempts: before.attempts + again.attempts,
        });
        reader.settled(again.sequence);
      },
    },
  };
  return {
    run,
    total: numbers.length,
    doneOf: ({ counters, open }) => Math.max(0, counters.normalized - open) + reader.unmade(),
    notMade: () => reader.unmade(),
  };
}
