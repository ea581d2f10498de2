// Tests damaged state files: intact data is read, damaged data is never returned, and each loss is an incident.
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { deadLetterReading } from '../dead-letters/dead-letter-reading.ts';
import { openDeadLetters } from '../dead-letters/open-dead-letters.ts';
import { letterOf, mib, range } from '../dead-letters/test-dead-letters.ts';
import { stateFileIn } from '../state-file.ts';
import {
  copyOf,
  directState,
  entryOf,
  everything,
  filledDirectory,
  noiseOf,
  readEverything,
  seeded,
} from './test-damage.ts';

const blockBytes = 512;
/** All entries of one page: without their documents they are short. */
const mostLostByOneBlock = 33;
const pageBytes = 4096;

const filled = await filledDirectory();

it('finds no damage in an intact file', async () => {
  const log = createRecordingLogger();
  const state = directState(copyOf(filled));
  await state.verify();
  expect(await readEverything(state, log)).toEqual(everything);
  expect([await state.incidents(), log.lines]).toEqual([[], []]);
  await state.close();
});

it('finds no damage in the counts after the last entry of a group got another code', async () => {
  const state = directState(copyOf(filled));
  const log = createRecordingLogger();
  const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory: tmpdir(), now: Date.now, log };
  const letters = await openDeadLetters(state.database, options);
  await letters.append(letterOf(1000, { code: 'once' }));
  const [{ number } = { number: 0 }] = await letters.find(1000);
  await letters.replace(number, letterOf(1000, { code: 'again' }));
  await state.verify();
  expect(await state.incidents()).toEqual([]);
  await state.close();
});

/** Every eleventh block: all of them take a minute. */
it('recovers from a block of random bytes anywhere', { timeout: 120_000 }, async () => {
  const template = filled;
  const bytes = readFileSync(stateFileIn(template));
  const random = seeded(1);
  const trials = range(0, Math.floor(bytes.length / blockBytes / 11)).map((trial) => trial * 11 * blockBytes);
  const silent: number[] = [];
  let lost = 0;
  for (const at of trials) {
    const directory = copyOf(template);
    const damaged = Buffer.from(bytes);
    noiseOf(random, blockBytes).copy(damaged, at);
    writeFileSync(stateFileIn(directory), damaged);
    const log = createRecordingLogger();
    const state = directState(directory);
    const before = await readEverything(state, log);
    await state.verify();
    const after = await readEverything(state, log);
    expect([before.wrong, after.wrong, after.refused], `block at ${at}`).toEqual([[], [], []]);
    const missing = everything.entries - after.entries;
    expect(missing, `block at ${at}`).toBeLessThanOrEqual(mostLostByOneBlock);
    lost += missing;
    const isSaid = (await state.incidents()).length > 0 || log.lines.some(({ level }) => level === 'error');
    if (JSON.stringify(after) !== JSON.stringify(everything) && !isSaid) silent.push(at);
    await state.close();
  }
  expect(silent).toEqual([]);
  expect(lost).toBeGreaterThan(trials.length / 2);
});

const damages: readonly [what: string, damage: (file: string) => void, recovered: number][] = [
  ['its head destroyed', (file) => overwrite(file, 0, 100), 290],
  ['its first page zeroed', (file) => overwrite(file, 0, pageBytes, 0), 290],
  ['a page of its schema destroyed', (file) => overwrite(file, schemaPageOf(file), pageBytes), 290],
  ['the root of its entries destroyed', (file) => overwrite(file, rootOf('dead_letters', file), pageBytes), 290],
  [
    'the root of its documents destroyed',
    (file) => overwrite(file, rootOf('dead_letter_documents', file), pageBytes),
    290,
  ],
  ['an index destroyed', (file) => overwrite(file, rootOf('dead_letters_by_group', file), pageBytes), 290],
  ['its last number destroyed', (file) => overwrite(file, rootOf('dead_letter_numbers', file), pageBytes), 290],
  ['the counts destroyed', (file) => overwrite(file, rootOf('dead_letter_groups', file), pageBytes), 290],
  ['its second half cut off', (file) => truncateSync(file, readFileSync(file).length / 2), 100],
  ['no content', (file) => truncateSync(file, 0), 0],
];

function overwrite(file: string, at: number, length: number, byte?: number): void {
  const bytes = readFileSync(file);
  if (byte === undefined) noiseOf(seeded(at + length), length).copy(bytes, at);
  else bytes.fill(byte, at, at + length);
  writeFileSync(file, bytes);
}

/** The second match: the first is that of the file. */
function schemaPageOf(file: string): number {
  using database = new DatabaseSync(file, { readOnly: true });
  const pages = database.prepare("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' ORDER BY pageno").all();
  expect(pages.length).toBeGreaterThan(1);
  return (Number(pages[1]?.['pageno']) - 1) * pageBytes;
}

function rootOf(name: string, file: string): number {
  using database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name);
  return (Number(row?.['rootpage']) - 1) * pageBytes;
}

describe.each(damages)('a file with %s', (_, damage, recovered) => {
  it('is quarantined unchanged, and its readable data is in the new file', async () => {
    const directory = copyOf(filled);
    damage(stateFileIn(directory));
    const damaged = readFileSync(stateFileIn(directory));
    const state = directState(directory);
    await state.verify();
    const [incident, ...more] = await state.incidents();
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ kind: 'damaged', reason: expect.any(String) });
    expect(incident?.recovered).toBeGreaterThanOrEqual(recovered);
    const kept = readFileSync(join(directory, incident?.file ?? ''));
    expect(kept.equals(damaged)).toBe(true);
    const log = createRecordingLogger();
    const { entries, documents, wrong, refused } = await readEverything(state, log);
    expect([wrong, refused, log.lines]).toEqual([[], [], []]);
    expect(entries + documents).toBe(incident?.recovered);
    if (incident?.lost !== undefined) expect(incident.lost).toBe(everything.entries - entries);
    await state.close();
    const again = directState(directory);
    await again.verify();
    expect(await again.incidents()).toEqual([incident]);
    await again.close();
  });

  it('applies a write that finds the damage, once', async () => {
    const directory = copyOf(filled);
    damage(stateFileIn(directory));
    const { database, incidents, close } = directState(directory);
    const log = createRecordingLogger();
    const letters = await openDeadLetters(database, {
      maxBytes: 64 * mib,
      minFreeBytes: 0,
      directory,
      now: Date.now,
      log,
    });
    await letters.append(letterOf(1000));
    const [found, ...more] = await letters.find(1000);
    expect(more).toEqual([]);
    expect(await letters.get(found?.number ?? 0)).toMatchObject({ sequence: 1000 });
    expect((await incidents()).length).toBeLessThanOrEqual(1);
    await close();
  });
});

describe('a flipped bit', () => {
  /** All matches: pages that were split have older copies. */
  function flip(directory: string, content: string | Uint8Array): void {
    const file = stateFileIn(directory);
    const bytes = readFileSync(file);
    let at = bytes.indexOf(content);
    expect(at).toBeGreaterThan(0);
    for (; at >= 0; at = bytes.indexOf(content, at + 1)) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
  }

  it('in the document of an entry: it is never returned, stays open, and can be dropped', async () => {
    const directory = copyOf(filled);
    flip(directory, entryOf(200).json.slice(0, 20));
    const state = directState(directory);
    const { database, verify, incidents, reported, close } = state;
    const log = createRecordingLogger();
    const letters = await openDeadLetters(database, {
      maxBytes: 64 * mib,
      minFreeBytes: 0,
      directory,
      now: Date.now,
      log,
    });
    await verify();
    await verify();
    expect(reported).toHaveLength(1);
    const reason = 'wrong checksum of dead letters 200';
    expect(await incidents()).toMatchObject([{ kind: 'damaged', reason, recovered: 0, lost: 1 }]);
    expect(await letters.get(200)).toBeUndefined();
    expect(log.of('dead_letters.damaged')).toHaveLength(1);
    const { entries } = await readEverything(state, log);
    expect(entries).toBe(everything.entries - 1);
    expect((await letters.list({ numbers: [200] }, { limit: 1 })).matched).toBe(1);
    await letters.resolve([200], 'dropped', 'operator');
    expect(await letters.find(200)).toMatchObject([{ resolved: { how: 'dropped' } }]);
    await close();
  });

  it('in the other fields of an entry', async () => {
    const directory = copyOf(filled);
    flip(directory, 'no such field 200');
    const { database, close } = directState(directory);
    const log = createRecordingLogger();
    expect(await deadLetterReading(database, log).get(200)).toBeUndefined();
    expect(log.of('dead_letters.damaged')).toHaveLength(1);
    await close();
  });

  it('in another document, and in a row of back-filled ids', async () => {
    const directory = copyOf(filled);
    flip(directory, '7'.repeat(150));
    const state = directState(directory);
    const [row] = await state.database.read('SELECT ids FROM backfilled_ids WHERE id = 3');
    const ids = row?.['ids'];
    await state.close();
    flip(directory, ids instanceof Uint8Array ? ids : '');
    const log = createRecordingLogger();
    const again = directState(directory);
    expect(await readEverything(again, log)).toEqual({ ...everything, documents: 19, ids: 180 });
    expect(log.of('state.document_unreadable').map(({ attributes }) => attributes['document'])).toEqual([
      'job/7',
      'backfilled_ids 3',
    ]);
    await again.verify();
    expect(await again.incidents()).toMatchObject([
      { reason: 'wrong checksum of documents job/7', lost: 0 },
      { reason: 'wrong checksum of rows of ids of back-filled events 3', lost: 0 },
    ]);
    // They are of no use and removed: they are not reported again.
    const later = createRecordingLogger();
    await readEverything(again, later);
    expect(later.lines).toEqual([]);
    await again.close();
  });

  it.each([
    "UPDATE dead_letter_groups SET open = open + 4 WHERE destination = 'siem'",
    "INSERT INTO dead_letter_groups VALUES ('siem', 'none', 'none', 4, 0)",
  ])('in a count: the check of the whole file finds it (%s)', async (sql) => {
    const directory = copyOf(filled);
    const { database, verify, incidents, close } = directState(directory);
    await database.write([{ sql }]);
    await verify();
    expect(await incidents()).toMatchObject([{ kind: 'damaged', recovered: 290 }]);
    expect((await deadLetterReading(database, createRecordingLogger()).counts()).get('siem')?.open).toBe(135);
    await close();
  });
});

it('recovers an event once that is stored twice', async () => {
  const directory = copyOf(filled);
  const tables = ['dead_letters', 'dead_letter_documents'];
  {
    using database = new DatabaseSync(stateFileIn(directory));
    database.exec('DROP INDEX dead_letters_by_event');
    for (const table of tables) {
      database.exec(
        `CREATE TEMP TABLE again AS SELECT * FROM ${table} WHERE number = 7; UPDATE again SET number = 1000`,
      );
      database.exec(`INSERT INTO ${table} SELECT * FROM again; DROP TABLE again`);
    }
  }
  const log = createRecordingLogger();
  const state = directState(directory);
  expect(await readEverything(state, log)).toEqual(everything);
  expect(await state.incidents()).toMatchObject([{ kind: 'damaged' }]);
  await state.close();
});

describe('many damaged rows', () => {
  it('are one incident per kind', async () => {
    const directory = copyOf(filled);
    const state = directState(directory);
    await state.database.write([
      { sql: "UPDATE dead_letter_documents SET document = 'x' WHERE number > 150" },
      { sql: "UPDATE documents SET json = json || ' '" },
      { sql: "UPDATE backfilled_ids SET ids = x'00'" },
    ]);
    const expected = [
      { reason: expect.stringMatching(/ of documents (job\/\d+(, )?){5} and 15 more$/), lost: 0 },
      { reason: expect.stringMatching(/ of rows of ids of back-filled events 1, 2, 3, 4, 5 and 5 more$/), lost: 0 },
      { reason: expect.stringMatching(/ of dead letters 151, 152, 153, 154, 155 and 145 more$/), lost: 150 },
    ];
    for (const _ of range(1, 2)) {
      await state.verify();
      expect(await state.incidents()).toMatchObject(expected);
    }
    await state.close();
  });
});

describe('a write-ahead log', () => {
  /** Like after `kill -9`: writes are in the log only. */
  async function killed(): Promise<string> {
    const directory = copyOf(filled);
    const state = directState(directory);
    const log = createRecordingLogger();
    const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory, now: Date.now, log };
    const letters = await openDeadLetters(state.database, options);
    for (const number of range(1, 20)) await letters.append(letterOf(2000 + number, {}, 500));
    const copy = copyOf(directory);
    await state.close();
    return copy;
  }
  const logOf = (directory: string): string => `${stateFileIn(directory)}-wal`;
  async function opened(directory: string) {
    const state = directState(directory);
    await state.verify();
    const letters = deadLetterReading(state.database, createRecordingLogger());
    const { entries } = await letters.list({}, { limit: 1000 });
    const more = entries.filter(({ sequence }) => sequence > 2000);
    const incidents = await state.incidents();
    await state.close();
    return { old: entries.length - more.length, new: more.length, incidents };
  }
  const frameBytes = 24 + pageBytes;
  const frame = (number: number): number => 32 + (number - 1) * frameBytes;

  it('that is intact, or ends with an incomplete transaction, is no incident', async () => {
    const whole = await killed();
    expect(await opened(whole)).toEqual({ old: 270, new: 20, incidents: [] });
    for (const cut of [1, pageBytes, 2 * pageBytes]) {
      const torn = await killed();
      truncateSync(logOf(torn), readFileSync(logOf(torn)).length - cut);
      expect(await opened(torn)).toEqual({ old: 270, new: 19, incidents: [] });
    }
  });

  it('of which only the middle of the last transaction was written is no incident', async () => {
    const torn = await killed();
    const bytes = readFileSync(logOf(torn));
    const frames = range(1, (bytes.length - 32) / frameBytes);
    const isCommit = (number: number) => bytes.readUInt32BE(frame(number) + 4) > 0;
    const begin = (frames.slice(0, -1).findLast(isCommit) ?? 0) + 1;
    expect(frames.length - begin).toBeGreaterThan(1);
    writeFileSync(logOf(torn), bytes.fill(0, frame(begin), frame(begin + 1)).subarray(0, frame(frames.length)));
    expect(await opened(torn)).toEqual({ old: 270, new: 19, incidents: [] });
  });

  it.each([
    ['its header', 0],
    ['its header and its first frame', 20],
    ['a frame in the middle', frame(60) + 100],
    ['the header of a frame', frame(60)],
    ['two frames', frame(60) - 200],
  ])('with damage in %s is quarantined with the file, and frames after the damage are read', async (_, at) => {
    const directory = await killed();
    overwrite(logOf(directory), at, blockBytes);
    const damaged = readFileSync(logOf(directory));
    const found = await opened(directory);
    expect(found.incidents).toMatchObject([{ kind: 'damaged', reason: expect.stringContaining('write-ahead log') }]);
    expect(readFileSync(`${join(directory, found.incidents[0]?.file ?? '')}-wal`).equals(damaged)).toBe(true);
    expect(found.old).toBe(270);
    expect(found.new).toBeGreaterThanOrEqual(18);
  });

  it('of a missing file is not used for the new one', async () => {
    const directory = await killed();
    rmSync(stateFileIn(directory));
    const { incidents, ...found } = await opened(directory);
    expect(found).toEqual({ old: 0, new: 0 });
    expect(incidents).toMatchObject([{ kind: 'missing', file: expect.stringMatching(/^quarantine\/state-.*-wal$/) }]);
    expect(existsSync(join(directory, incidents[0]?.file ?? ''))).toBe(true);
  });
});

describe('a file of a newer version', () => {
  it('is rejected and not changed', async () => {
    const directory = copyOf(filled);
    using database = new DatabaseSync(stateFileIn(directory));
    database.exec('PRAGMA user_version = 2');
    database.close();
    const before = readFileSync(stateFileIn(directory));
    const state = directState(directory);
    await expect(state.verify()).rejects.toThrow('has file format 2');
    expect(readFileSync(stateFileIn(directory)).equals(before)).toBe(true);
    expect(readdirSync(join(directory, 'quarantine'))).toEqual([]);
    await state.close();
  });
});
