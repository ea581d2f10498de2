// For tests: dead letters, and a state file to store them in.
import type { DeadLetter } from '@xiq-siem/delivery';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { newStateDirectory, openTestState } from '../test-state.ts';
import type { DeadLetterFilter, DeadLetterReading, DeadLetters, ListedDeadLetter } from './dead-letters.ts';
import { type DeadLetterOptions, openDeadLetters } from './open-dead-letters.ts';

export const mib = 1024 * 1024;

/** The dead letter of the first event of body `sequence`, with a document of about `size` bytes. */
export function letterOf(sequence: number, more: Partial<DeadLetter> = {}, size = 100): DeadLetter {
  return {
    destination: 'siem',
    sequence,
    element: 0,
    id: `id-${sequence}`,
    dataset: 'extreme_xiq.audit',
    code: 'mapping',
    message: `no such field ${sequence}`,
    attempts: 1,
    firstAttemptMs: 1_000_000 + sequence,
    lastAttemptMs: 2_000_000 + sequence,
    json: JSON.stringify({ number: sequence, text: 'x'.repeat(size) }),
    receipt: `r1_${sequence}`,
    ...more,
  };
}

type TestDeadLetters = DeadLetters & { readonly directory: string; close(): Promise<void> };

/** Opens those of a new or given directory. The clock advances at each call. */
export async function openTestDeadLetters(
  directory?: string,
  more: Partial<DeadLetterOptions> = {},
): Promise<TestDeadLetters> {
  const where = directory ?? (await newStateDirectory());
  const state = await openTestState(where);
  let ms = 0;
  const letters = await openDeadLetters(state.database, {
    maxBytes: mib,
    minFreeBytes: 0,
    directory: where,
    log: createRecordingLogger(),
    now: () => {
      ms += 1;
      return ms;
    },
    ...more,
  });
  return Object.defineProperties(
    { ...letters, full: false, directory: where, close: state.close },
    { full: { get: () => letters.full }, hasParkingCapacity: { get: () => letters.hasParkingCapacity } },
  );
}

export async function appendAll(letters: DeadLetters, sequences: Iterable<number>, size?: number): Promise<void> {
  await Promise.all(Array.from(sequences, (sequence) => letters.append(letterOf(sequence, {}, size))));
}

/** All open entries, ascending. */
export async function allOf(letters: DeadLetterReading): Promise<readonly ListedDeadLetter[]> {
  const { entries, next } = await letters.list({}, { limit: 1000 });
  if (next !== undefined) throw new Error('more open entries than a test should have');
  return entries;
}

/** The numbers of matching entries, ascending. */
export async function numbersOf(letters: DeadLetterReading, filter: DeadLetterFilter = {}): Promise<readonly number[]> {
  return (await letters.list(filter, { limit: 1000 })).entries.map(({ number }) => number);
}

/** The bodies of all open entries, ascending. */
export async function openBodies(letters: DeadLetterReading): Promise<readonly number[]> {
  return (await allOf(letters)).map(({ sequence }) => sequence).sort((a, b) => a - b);
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export const never: AbortSignal = new AbortController().signal;
