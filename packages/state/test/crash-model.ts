// For crash tests: the steps of the test program, and the data that must exist after them.
import { createRecordingLogger } from '@xiq-siem/testkit';
import { z } from 'zod';
import { readBackfillPairing } from '../src/backfill-pairing.ts';
import { deadLetterReading } from '../src/dead-letters/dead-letter-reading.ts';
import { letterOf, never } from '../src/dead-letters/test-dead-letters.ts';
import { openState } from '../src/open-state.ts';

const step = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['append', 'replace']), sequence: z.int(), attempts: z.int() }),
  z.object({ kind: z.enum(['delivered', 'dropped']), sequence: z.int() }),
  z.object({ kind: z.literal('document'), name: z.string(), version: z.int() }),
  z.object({ kind: z.literal('id'), id: z.string() }),
]);
export type Step = z.output<typeof step>;
const line = z.union([z.object({ asked: step }), z.object({ done: step, number: z.int().optional() })]);
export type Line = z.output<typeof line>;

export const linesOf = (text: string): readonly Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((one) => line.parse(JSON.parse(one)));

const destinations = ['archive', 'siem'];

export const crashLetter = (sequence: number, attempts: number) =>
  letterOf(sequence, { destination: destinations[sequence % 2] ?? '', attempts }, (sequence % 7) * 300);

/** The fields of an entry as text, for comparison. */
const fateOf = (one: Step): string => ('attempts' in one ? `open after ${one.attempts}` : one.kind);

/** Committed data, and requested data that may exist too. Several runs add to it. */
export function crashModel() {
  const promised = new Map<string, string>();
  const possible = new Map<string, ReadonlySet<string>>();
  /** Lower bound of the number of an entry. */
  const above = new Map<number, number>();
  let highest = 0;
  const keyOf = (one: Step): string =>
    one.kind === 'id' ? one.id : one.kind === 'document' ? one.name : `${one.sequence}`;
  const stateOf = (one: Step): string =>
    one.kind === 'id' ? 'there' : one.kind === 'document' ? `version ${one.version}` : fateOf(one);

  return {
    promised: () => promised.size,
    /** `counted`: the number of lines that were printed before the crash. */
    add(lines: readonly Line[], counted = lines.length): void {
      for (const [index, one] of lines.entries()) {
        if ('asked' in one) {
          const key = keyOf(one.asked);
          possible.set(key, new Set([...(possible.get(key) ?? []), stateOf(one.asked)]));
          if (one.asked.kind === 'append') above.set(one.asked.sequence, highest);
        } else if (index < counted) {
          promised.set(keyOf(one.done), stateOf(one.done));
          possible.delete(keyOf(one.done));
          highest = Math.max(highest, one.number ?? 0);
        }
      }
    },
    /** Lists lost data and data that was not requested. No process may have the directory open. */
    async faults(directory: string): Promise<readonly string[]> {
      const log = createRecordingLogger();
      const state = await openState(directory, { now: Date.now, log });
      try {
        const faults: string[] = (await state.incidents()).map(({ kind, reason }) => `${kind}: ${reason}`);
        await state.verify();
        const found = new Map<string, string>();
        const letters = deadLetterReading(state.database, log);
        const open = new Map<string, number>();
        for await (const batch of letters.read({}, Number.MAX_SAFE_INTEGER, never)) {
          for (const { number, ...entry } of batch) {
            found.set(`${entry.sequence}`, `open after ${entry.attempts}`);
            open.set(entry.destination, (open.get(entry.destination) ?? 0) + 1);
            const expected = crashLetter(entry.sequence, entry.attempts);
            if (entry.json !== expected.json || entry.destination !== expected.destination)
              faults.push(`wrong ${number}`);
            if (number <= (above.get(entry.sequence) ?? 0)) faults.push(`${entry.sequence} has a number of before`);
          }
        }
        for (const { sequence, how } of await state.database.read('SELECT sequence, how FROM resolved')) {
          found.set(String(sequence), String(how));
        }
        for (const { name, json } of await state.database.read('SELECT name, json FROM documents')) {
          found.set(String(name), `version ${JSON.parse(String(json)).version}`);
        }
        const pairing = await readBackfillPairing(state.database, { now: Date.now, log });
        for (const key of [...promised.keys(), ...possible.keys()])
          if (/^2[0-9a-f]{40}$/.test(key) && pairing.isDuplicate({ id: key })) found.set(key, 'there');
        const known = [...found].filter(([, is]) => is === 'there').length;
        if (known !== pairing.size) faults.push(`${pairing.size} ids, ${known} of ours`);
        for (const [destination, counts] of await letters.counts()) {
          const entries = [...found].filter(
            ([key, is]) => /^\d+$/.test(key) && destinations[Number(key) % 2] === destination && is !== 'there',
          );
          const sum = counts.open + counts.delivered + counts.dropped;
          if (sum !== entries.length || counts.open !== (open.get(destination) ?? 0)) {
            faults.push(`the sum of ${destination} is ${sum}, with ${entries.length} entries`);
          }
        }
        for (const [key, is] of found) {
          const asked = [...(possible.get(key) ?? [])];
          if (is !== promised.get(key) && !asked.includes(is)) {
            faults.push(`${key} is ${is}: promised ${promised.get(key)}, asked ${asked}`);
          }
          // The next run starts with the state that the crash left of an unfinished step.
          promised.set(key, is);
        }
        possible.clear();
        for (const [key, was] of promised) if (!found.has(key)) faults.push(`${key} is gone: promised ${was}`);
        return [...faults, ...log.lines.filter(({ level }) => level === 'error').map(({ event }) => event)];
      } finally {
        await state.close();
      }
    },
  };
}
