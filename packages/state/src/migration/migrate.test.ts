// Opens a data directory that a version with format 1 wrote, and compares with what that version read.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDirectory } from '@xiq-siem/journal';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { readBackfillPairing } from '../backfill-pairing.ts';
import { deadLetterReading } from '../dead-letters/dead-letter-reading.ts';
import { documentNames, documentReading } from '../documents.ts';
import expected from '../fixtures/format-1.expected.json' with { type: 'json' };
import { jobRecord, readJobRecords } from '../job-records.ts';
import { openState, type State } from '../open-state.ts';
import { progressReading } from '../progress-history.ts';
import { openStateSnapshot } from '../read-state.ts';
import type { Reading } from '../sqlite/database.ts';
import { prepareState } from './migrate.ts';

const fixture = new URL('../fixtures/format-1/', import.meta.url);
const log = createRecordingLogger();
const now = Date.now;

async function copyOfFixture(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'xiq-siem-format-1-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const directory = join(parent, 'data');
  await cp(fixture, directory, { recursive: true });
  return directory;
}

/** Opens a directory and its state, as a start of the connector does. */
async function opened(directory: string, prepare = prepareState): Promise<State> {
  const data = await openDataDirectory(directory, {
    now,
    log,
    prepare: (path, format) => prepare(path, format, { now, log }),
  });
  const state = await openState(directory, { now, log });
  onTestFinished(async () => {
    await state.close();
    await data.close();
  });
  return state;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** All data of the directory, in the form of the expected file. */
async function allOf(database: Reading) {
  const letters = deadLetterReading(database, log);
  const documents = documentReading(database, log);
  const progress = progressReading(database);
  const open = [];
  for await (const some of letters.read({}, Number.MAX_SAFE_INTEGER, new AbortController().signal)) {
    open.push(
      ...some.map(({ json, ...entry }) => ({ ...entry, jsonBytes: Buffer.byteLength(json), jsonSha256: sha256(json) })),
    );
  }
  const undelivered = [];
  for await (const some of letters.undelivered(1))
    undelivered.push(...some.map(({ sequence, element, destination }) => ({ sequence, element, destination })));
  const find = Object.keys(expected.deadLetters.find).map(async (body) => {
    const found = await letters.find(Number(body));
    return [
      body,
      found.map(({ resolved, number, code, destination, element, lastAttemptMs, message }) => {
        return { code, destination, element, lastAttemptMs, message, number, resolved, sequence: Number(body) };
      }),
    ];
  });
  const around = async (destination: string, sequences: readonly string[]) =>
    Object.fromEntries(
      await Promise.all(
        sequences.map(async (sequence) => {
          const { notBeforeMs = null, notAfterMs = null } = await progress.around(destination, Number(sequence));
          return [sequence, { notBeforeMs, notAfterMs }];
        }),
      ),
    );
  const progressOf = Object.entries(expected.progress).map(async ([destination, { around: asked }]) => [
    destination,
    { first: (await progress.first(destination)) ?? null, around: await around(destination, Object.keys(asked)) },
  ]);
  const pairing = await readBackfillPairing(database, { now: () => expected.readAtMs, log });
  const isFetched = (id: string): boolean => pairing.isDuplicate({ id });
  const positions = Object.keys(expected.jobs.replayPositions).map(async (name) => {
    const [id = '', destination = ''] = name.split('.');
    return [name, await documents.get(documentNames.jobPosition(id, destination), z.unknown())];
  });
  return plain({
    counts: Object.fromEntries(await letters.counts()),
    groups: byKey(await letters.groups()),
    open,
    undelivered: byKey(undelivered),
    find: Object.fromEntries(await Promise.all(find)),
    progress: Object.fromEntries(await Promise.all(progressOf)),
    known: expected.backfilledIds.known.filter(isFetched),
    forgotten: expected.backfilledIds.forgotten.filter(isFetched),
    size: pairing.size,
    jobs: byKey(await readJobRecords(documents)),
    positions: Object.fromEntries(await Promise.all(positions)),
    alive: await documents.get(documentNames.alive, z.number()),
    wantedSpans: (await documents.get(documentNames.pendingSpans, z.object({ spans: z.array(z.unknown()) })))?.spans,
    seen: await documents.get(documentNames.subscriptions('xiq'), z.unknown()),
    rotations: Object.fromEntries(
      await Promise.all(
        Object.keys(expected.rotations).map(async (source) => [
          source,
          (await documents.get(documentNames.rotation(source), z.object({ next: z.string() })))?.next ?? null,
        ]),
      ),
    ),
  });
}

const byKey = (list: readonly object[]): readonly object[] =>
  list.toSorted((a, b) => sorted(a).localeCompare(sorted(b)));
const sorted = (one: object): string => JSON.stringify(Object.entries(one).sort());

const { deadLetters } = expected;
const wanted = plain({
  counts: Object.fromEntries(
    Object.entries(deadLetters.counts).map(([name, { fromRuns: fromJobs, ...counts }]) => [
      name,
      { ...counts, parked: 0, fromJobs, lost: 0 },
    ]),
  ),
  groups: byKey(deadLetters.groups),
  open: deadLetters.open,
  // That version returned an event twice if it was dropped once and is open again.
  undelivered: byKey([...new Map(deadLetters.undelivered.map((one) => [JSON.stringify(one), one])).values()]),
  find: deadLetters.find,
  progress: expected.progress,
  known: expected.backfilledIds.known,
  forgotten: [],
  size: expected.backfilledIds.size,
  jobs: byKey(z.array(jobRecord).parse(expected.jobs.records)),
  positions: expected.jobs.replayPositions,
  alive: expected.alive,
  wantedSpans: expected.wantedSpans,
  seen: { v: 1, ...expected.subscriptionsSeen.xiq },
  rotations: {
    branch: expected.rotations.branch.nextSha256,
    campus: expected.rotations.campus.nextSha256,
    xiq: null,
  },
});

describe('a data directory of format 1', () => {
  it('keeps all its state after two starts, and logs unreadable data', async () => {
    const directory = await copyOfFixture();
    const state = await opened(directory);
    expect(await allOf(state.database)).toEqual(wanted);
    expect(await readFile(join(directory, 'format'), 'utf8')).toBe('2\n');
    expect(log.of('state.migrated').at(-1)?.attributes).toMatchObject({
      deadLetters: 24,
      jobs: 10,
      backfilledIds: 52,
      unreadable: 3,
    });
    const [incident, ...others] = await state.incidents();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ kind: 'migrated', lost: 3, file: 'quarantine/format-1' });
    // Unreadable files are stored for an operator to inspect.
    expect((await readdir(join(directory, 'quarantine/format-1'))).sort()).toEqual([
      'dead-letters',
      'jobs',
      'positions',
    ]);
    expect((await readdir(directory)).filter((name) => ['dead-letters', 'jobs'].includes(name))).toEqual([]);
    expect((await readdir(join(directory, 'positions'))).filter((name) => name.endsWith('.times'))).toEqual([]);
  });

  it('is migrated again after an interruption', async () => {
    const directory = await copyOfFixture();
    const before = await digests(directory);
    const stop = new Error('interrupted');
    const interrupted = opened(directory, async (path, format, services) => {
      await prepareState(path, format, services);
      throw stop;
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    // The older version can still use its files: they are unchanged.
    expect(await digests(directory)).toEqual(before);
    expect(await allOf((await opened(directory)).database)).toEqual(wanted);
  });

  it('has no old files after a complete migration', async () => {
    const directory = await copyOfFixture();
    await Promise.all(
      ['jobs/0badc0ffee.json', 'dead-letters'].map((name) => rm(join(directory, name), { recursive: true })),
    );
    const state = await opened(directory);
    expect(await state.incidents()).toEqual([]);
    expect(await readdir(directory)).not.toContain('jobs');
    expect(await readdir(join(directory, 'quarantine'))).toEqual([]);
  });

  it('is read without being changed', async () => {
    const directory = await copyOfFixture();
    const before = await digests(directory);
    const snapshot = await openStateSnapshot(directory, log);
    expect(await allOf(snapshot)).toEqual(wanted);
    await snapshot.close();
    expect(await digests(directory)).toEqual(before);
  });
});

/** Every file of format 1, with a digest of its content. */
async function digests(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const own = files.filter((path) => !/state\.sqlite|\/lock/.test(path)).sort();
  return Promise.all(own.map(async (path) => `${path} ${sha256(await readFile(path, 'latin1'))}`));
}

it('keeps an existing state file in a directory without a format', async () => {
  const directory = await copyOfFixture();
  await (await opened(directory)).documents.put('kept', 1);
  const before = await readFile(join(directory, 'state.sqlite'));
  await prepareState(directory, 0, { now, log });
  expect(await readFile(join(directory, 'state.sqlite'))).toEqual(before);
});
