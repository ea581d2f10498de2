// For crash tests: a program that runs all operations of a state file, and prints each step before and after.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { reasonOf } from '@xiq-siem/core';
import { openBackfillPairing } from '../src/backfill-pairing.ts';
import type { DeadLetters } from '../src/dead-letters/dead-letters.ts';
import { openDeadLetters } from '../src/dead-letters/open-dead-letters.ts';
import { openState } from '../src/open-state.ts';
import { crashLetter, type Line, type Step } from './crash-model.ts';

const [directory = '', session = '0', syncs] = argv.slice(2);
/** Writes synchronously: a request must be printed before it starts, even if the pipe is full. */
function print(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (reasonOf(error) !== 'EAGAIN') throw error;
    }
  }
}

const complain = (event: string, attributes?: object): void =>
  void writeSync(2, `${event} ${JSON.stringify(attributes)}\n`);
const log = { debug() {}, info() {}, warn: complain, error: complain };

const state = await openState(directory, { now: Date.now, log });
// The control: without syncs a power cut must lose data that the test detects.
if (syncs === 'without-syncs') await state.database.read('PRAGMA synchronous = OFF');
const letters = await openDeadLetters(state.database, {
  maxBytes: 2 ** 30,
  minFreeBytes: 0,
  directory,
  now: Date.now,
  log,
});
const pairing = await openBackfillPairing(state.database, { now: Date.now, mayDeleteByAge: () => true, log });

async function step<Result>(asked: Step, work: () => Promise<Result>): Promise<void> {
  print({ asked });
  const number = await work();
  print({ done: asked, ...(typeof number === 'number' ? { number } : {}) });
}

async function numberOf(store: DeadLetters, sequence: number): Promise<number> {
  return (await store.find(sequence)).find(({ resolved }) => resolved === undefined)?.number ?? 0;
}

/** Changes its own entries in turn. Several of these run at once. */
async function handleEntries(first: number): Promise<never> {
  for (let sequence = first; ; sequence += 10) {
    await step({ kind: 'append', sequence, attempts: 1 }, async () => {
      await letters.append(crashLetter(sequence, 1));
      return numberOf(letters, sequence);
    });
    for (let attempts = 2; attempts <= 1 + (sequence % 3); attempts += 1) {
      const number = await numberOf(letters, sequence);
      await step({ kind: 'replace', sequence, attempts }, () =>
        letters.replace(number, crashLetter(sequence, attempts)),
      );
    }
    const number = await numberOf(letters, sequence);
    const way = Math.floor(sequence / 10) % 4;
    if (way === 1) await step({ kind: 'delivered', sequence }, () => letters.resolve([number], 'delivered', 'job'));
    if (way === 2) await step({ kind: 'dropped', sequence }, () => letters.drop({ numbers: [number] }, number));
  }
}

async function saveDocument(name: string): Promise<never> {
  for (let version = 1; ; version += 1) {
    await step({ kind: 'document', name, version }, () =>
      state.documents.put(name, { version, text: 'x'.repeat(500) }),
    );
  }
}

async function addIds(): Promise<never> {
  for (let count = 1; ; count += 1) {
    const id = `2${createHash('sha1').update(`${session} ${count}`).digest('hex')}`;
    await step({ kind: 'id', id }, () => pairing.addFetched([{ id }]));
  }
}

const first = Number(session) * 1_000_000;
const names = [`job/${session}`, `job-position/${session}/siem`, `backfill/${session}`];
await Promise.all([
  ...[0, 1, 2, 3, 4, 5, 6].map((stream) => handleEntries(first + stream)),
  ...names.map(saveDocument),
  addIds(),
]);
