// The machine stops between any two operations on the disk, and what was promised is there when it starts again.
import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import type { DeadLetters } from './dead-letters.ts';
import { allOf, letterOf, openTestDeadLetters, range } from './test-dead-letters.ts';

/** What may be found of an event: what was promised last, or what was asked for and not yet promised. */
type Found = 'nothing' | 'open' | 'openAgain' | 'resolved';

interface Promised {
  readonly may: Map<number, ReadonlySet<Found>>;
}

/** Appends, resolves, replaces and compacts, noting before and after each what may be found. */
async function work(letters: DeadLetters, { may }: Promised): Promise<void> {
  const noted = async (sequence: number, to: Found, change: () => Promise<void>): Promise<void> => {
    const before = may.get(sequence) ?? new Set<Found>(['nothing']);
    may.set(sequence, new Set([...before, to]));
    await change();
    may.set(sequence, new Set([to]));
  };
  const numberOf = (sequence: number): number => letters.matching({ ids: [`id-${sequence}`] })[0] ?? 0;
  const append = (sequences: readonly number[]) =>
    Promise.all(sequences.map((n) => noted(n, 'open', () => letters.append(letterOf(n, {}, 1500)))));
  const resolve = async (sequences: readonly number[]) => {
    const done = letters.resolve(sequences.map(numberOf), 'dropped', 'operator');
    await Promise.all(sequences.map((n) => noted(n, 'resolved', () => done)));
  };

  await append(range(1, 30));
  await resolve(range(2, 10));
  await resolve(range(11, 20));
  await Promise.all([
    letters.compact(),
    append(range(31, 36)),
    noted(25, 'openAgain', () => letters.replace(numberOf(25), letterOf(25, { attempts: 2 }, 1500))),
    noted(1, 'openAgain', () => letters.replace(numberOf(1), letterOf(1, { attempts: 2 }, 1500))),
  ]);
  await resolve([25, 26, 31]);
  await letters.compact();
}

async function check(letters: DeadLetters, { may }: Promised): Promise<void> {
  const open = await allOf(letters);
  const opened = new Map(open.map(({ sequence, attempts }) => [sequence, attempts]));
  expect(opened.size, 'an event is open once').toBe(open.length);
  let least = 0;
  for (const [sequence, allowed] of may) {
    const attempts = opened.get(sequence);
    const [resolved] = (await letters.find(sequence)).filter((found) => found.resolved !== undefined);
    const gone = resolved === undefined ? 'nothing' : 'resolved';
    const found: Found = attempts === undefined ? gone : attempts === 1 ? 'open' : 'openAgain';
    expect(allowed, `body ${sequence}`).toContain(found);
    if (!allowed.has('nothing')) least += 1;
  }
  const { open: isOpen, dropped } = letters.counts().get('siem') ?? { open: 0, dropped: 0 };
  expect(isOpen).toBe(open.length);
  expect(isOpen + dropped).toBeGreaterThanOrEqual(least);
  expect(isOpen + dropped).toBeLessThanOrEqual(may.size);
}

/** Works until the operation `crashAt`, and gives how many there were. */
async function crashed(crashAt: number, how: 'power' | 'kill', ignoreSyncs = false): Promise<number> {
  let operations = 0;
  let hasStopped = false;
  const stopped = Promise.withResolvers<void>();
  const files = modelFiles({
    ignoreSyncs,
    delay: async () => {
      if (hasStopped) return;
      operations += 1;
      if (operations === crashAt) stopped.resolve();
      if (operations >= crashAt) await new Promise(() => undefined);
    },
  });
  const promised: Promised = { may: new Map() };
  const working = openTestDeadLetters(files, { segmentBytes: 16 * 1024 }).then((letters) => work(letters, promised));
  await Promise.race([stopped.promise, working]);
  // Some of what was not synced is there, and some is not.
  let asked = crashAt;
  const keep = () => {
    asked = (asked * 1_103_515_245 + 12_345) % 2_147_483_648;
    return asked % 3 !== 0;
  };
  const after = how === 'power' ? files.crash(keep) : files.kill();
  hasStopped = true;
  for (let start = 0; start < 2; start += 1) {
    const letters = await openTestDeadLetters(after, { segmentBytes: 16 * 1024 });
    await check(letters, promised);
    await letters.compact();
    await check(letters, promised);
    await letters.close();
  }
  return operations;
}

describe('a stop at any operation', () => {
  // Each restart is several operations more: of a killed process, whose writes are all seen, every other one will do.
  it.each([
    ['power', 1],
    ['kill', 2],
  ] as const)('loses and doubles nothing (%s)', async (how, step) => {
    const all = await crashed(Number.POSITIVE_INFINITY, how);
    expect(all).toBeGreaterThan(100);
    for (let crashAt = 1; crashAt <= all; crashAt += step) await crashed(crashAt, how);
  });

  it('would be seen to lose, if syncs did nothing', async () => {
    const failures: unknown[] = [];
    for (let crashAt = 40; crashAt <= 120; crashAt += 10) {
      await crashed(crashAt, 'power', true).catch((error: unknown) => failures.push(error));
    }
    expect(failures.length).toBeGreaterThan(0);
  });
});
