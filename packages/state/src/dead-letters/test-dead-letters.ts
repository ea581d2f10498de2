// Dead letters in a model file system, and letters to put there, for the tests of this folder.
import type { DeadLetter } from '@xiq-siem/delivery';
import { createRecordingLogger, createRecordingMeter, type ModelFiles, modelFiles } from '@xiq-siem/testkit';
import type { DeadLetterReading, DeadLetters, ListedDeadLetter } from './dead-letters.ts';
import { type DeadLetterOptions, openDeadLetters } from './open-dead-letters.ts';

export const mib = 1024 * 1024;

/** The letter of the first event of body `sequence`, with a document of about `size` bytes. */
export function letterOf(sequence: number, more: Partial<DeadLetter> = {}, size = 100): DeadLetter {
  return {
    destination: 'siem',
    sequence,
    element: 0,
    id: `id-${sequence}`,
    dataset: 'extreme_xiq.audit',
    code: 'mapping',
    message: `no room for ${sequence}`,
    attempts: 1,
    firstAttemptMs: 1_000_000 + sequence,
    lastAttemptMs: 2_000_000 + sequence,
    json: JSON.stringify({ number: sequence, text: 'x'.repeat(size) }),
    receipt: `r1_${sequence}`,
    ...more,
  };
}

/** Maintains itself only as a consequence of what is asked of it; time passes with every look at the clock. */
export function openTestDeadLetters(
  files: ModelFiles = modelFiles(),
  more: Partial<DeadLetterOptions> = {},
): Promise<DeadLetters> {
  let ms = 0;
  return openDeadLetters('/data/dead-letters', {
    maxBytes: mib,
    minFreeBytes: 0,
    segmentBytes: 64 * 1024,
    maintainEveryMs: 0,
    files,
    log: createRecordingLogger(),
    meter: createRecordingMeter(),
    now: () => {
      ms += 1;
      return ms;
    },
    ...more,
  });
}

export async function appendAll(letters: DeadLetters, sequences: Iterable<number>, size?: number): Promise<void> {
  await Promise.all(Array.from(sequences, (sequence) => letters.append(letterOf(sequence, {}, size))));
}

/** All that are open, ascending. */
export async function allOf(letters: DeadLetterReading): Promise<readonly ListedDeadLetter[]> {
  const { entries, next } = await letters.list({}, { limit: 1000 });
  if (next !== undefined) throw new Error('more open entries than a test should have');
  return entries;
}

/** The bodies of all open entries, ascending. */
export async function openBodies(letters: DeadLetterReading): Promise<readonly number[]> {
  return (await allOf(letters)).map(({ sequence }) => sequence).sort((a, b) => a - b);
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export const never: AbortSignal = new AbortController().signal;
