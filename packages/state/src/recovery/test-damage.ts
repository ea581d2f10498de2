// For tests: creates a filled state file, and reads the data that is recovered after damage.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordingLogger, type RecordingLogger } from '@xiq-siem/testkit';
import { afterAll, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openBackfillPairing, readBackfillPairing } from '../backfill-pairing.ts';
import { deadLetterReading } from '../dead-letters/dead-letter-reading.ts';
import { openDeadLetters } from '../dead-letters/open-dead-letters.ts';
import { letterOf, mib, never, range } from '../dead-letters/test-dead-letters.ts';
import { documentReading, openDocuments } from '../documents.ts';
import { prepareState } from '../migration/migrate.ts';
import { openProgressHistory } from '../progress-history.ts';
import type { Database, Row } from '../sqlite/database.ts';
import { stateFileIn } from '../state-file.ts';
import { requestsApplier } from '../worker/apply-requests.ts';
import type { Request } from '../worker/messages.ts';
import type { Incident, StoredIncident } from './incident.ts';
import { readIncidents } from './incidents.ts';

interface DirectState {
  readonly database: Database;
  incidents(): Promise<readonly StoredIncident[]>;
  verify(): Promise<void>;
  /** Incidents that would be reported to the main thread. */
  readonly reported: readonly Incident[];
  close(): Promise<void>;
}

/** Applies requests in this thread, so that a trial takes milliseconds. */
export function directState(directory: string): DirectState {
  const reported: Incident[] = [];
  const apply = requestsApplier({
    paths: { file: stateFileIn(directory), quarantine: join(directory, 'quarantine') },
    now: Date.now,
    onIncident: (incident) => void reported.push(incident),
  });
  async function ask(request: Request): Promise<readonly (readonly Row[])[]> {
    const [response] = await apply([request]);
    if (response === undefined || 'failure' in response) throw new Error(response?.failure.message);
    return response.rows;
  }
  const database: Database = {
    read: async (sql, parameters = []) => (await ask({ kind: 'read', sql, parameters })).flat(),
    write: (statements) => ask({ kind: 'write', statements }),
  };
  return {
    database,
    reported,
    incidents: () => readIncidents(database),
    async verify() {
      for (let after: unknown; after !== null; ) {
        const [[row] = []] = await ask({ kind: 'verify', after: after === undefined ? undefined : Number(after) });
        after = row?.['after'] ?? null;
      }
    },
    close: async () => void (await apply([{ kind: 'close' }])),
  };
}

export const entryCount = 300;
const resolved = range(101, 130);
const document = z.object({ text: z.string() });
const idsOf = (row: number): readonly string[] =>
  range(1, 20).map((n) => `2${createHash('sha1').update(`${row} ${n}`).digest('hex')}`);

/** Lengths vary: some entries need overflow pages. */
export const entryOf = (number: number) =>
  letterOf(
    number,
    { destination: number % 2 === 0 ? 'siem' : 'archive' },
    number % 20 === 0 ? 9000 : (number % 7) * 100,
  );

/** For all tests of a file: 300 entries, 30 of them resolved; 20 documents, 200 back-filled ids, and progress. */
export async function filledDirectory(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'xiq-siem-damage-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const log = createRecordingLogger();
  for (const name of ['positions', 'quarantine']) mkdirSync(join(directory, name));
  await prepareState(directory, 0, { now: Date.now, log });
  const { database, close } = directState(directory);
  const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory, now: Date.now, log };
  const letters = await openDeadLetters(database, options);
  for (const number of range(1, entryCount)) await letters.append(entryOf(number));
  await letters.resolve(resolved.slice(0, 15), 'delivered', 'a-job');
  await letters.resolve(resolved.slice(15), 'dropped', 'operator');
  const documents = openDocuments(database, log);
  for (const number of range(1, 20)) await documents.put(`job/${number}`, { text: `${number}`.repeat(150) });
  const pairing = await openBackfillPairing(database, { now: Date.now, mayDeleteByAge: () => true, log });
  for (const row of range(1, 10)) await pairing.addFetched(idsOf(row).map((id) => ({ id })));
  const progress = openProgressHistory(database, log);
  for (const sequence of range(1, 50)) await progress.add(new Map([['siem', { sequence, atMs: sequence }]]));
  await close();
  return directory;
}

/** A copy for one trial. */
export function copyOf(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'xiq-siem-damage-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(directory, copy, { recursive: true });
  return copy;
}

export interface Reading {
  readonly entries: number;
  readonly documents: number;
  readonly ids: number;
  readonly resolved: number;
  /** What was given and is not what was written. */
  readonly wrong: readonly string[];
  /** Calls that were rejected. */
  readonly refused: readonly string[];
}

/** Everything that can be asked for. */
export async function readEverything({ database }: DirectState, log: RecordingLogger): Promise<Reading> {
  const wrong: string[] = [];
  const refused: string[] = [];
  async function attempt<Result>(what: string, work: () => Promise<Result>, none: Result): Promise<Result> {
    return work().catch((error: unknown) => {
      refused.push(`${what}: ${error}`);
      return none;
    });
  }
  const letters = deadLetterReading(database, log);
  let entries = 0;
  await attempt(
    'read',
    async () => {
      for await (const batch of letters.read({}, Number.MAX_SAFE_INTEGER, never)) {
        entries += batch.length;
        for (const entry of batch) {
          const expected = JSON.stringify({ ...entryOf(entry.number), number: entry.number }, sortedKeys(entry));
          if (JSON.stringify(entry, sortedKeys(entry)) !== expected) wrong.push(`entry ${entry.number}`);
          if (resolved.includes(entry.number)) wrong.push(`entry ${entry.number} is open again`);
        }
      }
    },
    undefined,
  );
  const listed = await attempt('list', async () => (await letters.list({}, { limit: 1000 })).entries, []);
  for (const { number, sequence } of listed) if (number !== sequence) wrong.push(`listed ${number}`);
  await attempt('groups', () => letters.groups(), []);
  const counts = await attempt('counts', () => letters.counts(), new Map());
  let ended = 0;
  for (const sequence of resolved) {
    for (const found of await attempt('find', () => letters.find(sequence), [])) {
      if (found.resolved !== undefined) ended += 1;
    }
  }
  await attempt(
    'undelivered',
    async () => {
      for await (const _ of letters.undelivered(0));
    },
    undefined,
  );
  const open = [...counts.values()].reduce((sum, one) => sum + one.open, 0);
  if (refused.length === 0 && open !== listed.length) wrong.push(`${open} are counted, ${listed.length} listed`);
  const documents = await attempt('documents', () => documentReading(database, log).all('job/', document), []);
  for (const { text } of documents) {
    if (!range(1, 20).some((number) => text === `${number}`.repeat(150))) wrong.push(`document ${text}`);
  }
  const known = await attempt('ids', () => readBackfillPairing(database, { now: Date.now, log }), undefined);
  const all = range(1, 10).flatMap(idsOf);
  const ids = all.filter((id) => known?.isDuplicate({ id })).length;
  if (known !== undefined && known.size !== ids) wrong.push(`${known.size} ids, ${ids} of ours`);
  return { entries, documents: documents.length, ids, resolved: ended, wrong, refused };
}

const sortedKeys = (entry: object): string[] => Object.keys(entry).sort();

export const everything: Reading = {
  entries: entryCount - resolved.length,
  documents: 20,
  ids: 200,
  resolved: resolved.length,
  wrong: [],
  refused: [],
};

/** The same numbers for the same seed, each from 0 to below 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const noiseOf = (random: () => number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
