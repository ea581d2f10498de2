// Reads the state file without changing it: the results are the same, however the connector ended.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { openDataDirectory } from '@xiq-siem/journal';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { deadLetterReading } from './dead-letters/dead-letter-reading.ts';
import { openDeadLetters } from './dead-letters/open-dead-letters.ts';
import { appendAll, mib, range } from './dead-letters/test-dead-letters.ts';
import { prepareState } from './migration/migrate.ts';
import { openState } from './open-state.ts';
import { openStateSnapshot } from './read-state.ts';
import { stateFileIn } from './state-file.ts';

const log = createRecordingLogger();

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'xiq-siem-snapshot-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A data directory whose state is open: older data is in the file, the newest in the log only. */
async function running() {
  const path = join(temporaryDirectory(), 'data');
  const prepare = (directory: string) => prepareState(directory, 0, { now: Date.now, log });
  const data = await openDataDirectory(path, { now: Date.now, log, prepare });
  const state = await openState(path, { now: Date.now, log });
  const options = { maxBytes: 64 * mib, minFreeBytes: 0, directory: path, now: Date.now, log };
  const letters = await openDeadLetters(state.database, options);
  await appendAll(letters, range(1, 100), 1000);
  await state.database.read('PRAGMA wal_checkpoint(TRUNCATE)');
  await letters.resolve([3, 4], 'dropped', 'operator');
  await state.documents.put('job/a', { text: 'a job' });
  async function close(): Promise<void> {
    await state.close();
    await data.close();
  }
  let isOpen = true;
  onTestFinished(() => (isOpen ? close() : undefined));
  return {
    path,
    close() {
      isOpen = false;
      return close();
    },
  };
}

/** Every name with its mode, time and hash. Not its change time: root sets the same owner again. */
function listing(directory: string): readonly unknown[] {
  return ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].sort().map((name) => {
    const path = join(directory, name);
    const { mode, mtimeNs, ino, size } = statSync(path, { bigint: true });
    const content = statSync(path).isFile() ? readFileSync(path) : '';
    return { name, mode, mtimeNs, ino, size, hash: createHash('sha256').update(content).digest('hex') };
  });
}

const expected = {
  counts: { open: 98, parked: 0, delivered: 0, dropped: 2, lost: 0, fromJobs: 0 },
  numbers: [1, 2, ...range(5, 100)],
  shown: 50,
  dropped: 'dropped',
  documents: ['job/a'],
};

/** Runs in a process that cannot write files in the data directory. */
async function readWithoutRights(directory: string, scratch: string): Promise<unknown> {
  const index = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  const program = `
    const { deadLetterReading, openStateSnapshot } = await import(${index});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const snapshot = await openStateSnapshot(${JSON.stringify(directory)}, log);
    const letters = deadLetterReading(snapshot, log);
    console.log(JSON.stringify({
      counts: (await letters.counts()).get('siem'),
      numbers: (await letters.list({}, { limit: 1000 })).entries.map(({ number }) => number),
      shown: (await letters.get(50))?.sequence,
      dropped: (await letters.find(3))[0]?.resolved?.how,
      documents: (await snapshot.read('SELECT name FROM documents')).map(({ name }) => name),
    }));
    await snapshot.close();
  `;
  const flags = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${scratch}`, '--input-type=module', '-e'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], {
    env: { TMPDIR: scratch, NODE_NO_WARNINGS: '1' },
  });
  return JSON.parse(stdout);
}

/** Returns the directory to read. */
const ends: readonly [how: string, end: (path: string, close: () => Promise<void>) => Promise<string>][] = [
  [
    'closed in order',
    async (path, close) => {
      await close();
      return path;
    },
  ],
  ['runs', async (path) => path],
  ['was killed', async (path) => copied(path, [])],
  ['was killed, and its directory copied without the index of the log', async (path) => copied(path, ['-shm'])],
];

it('reads a file with an index and no log, and creates no log', async () => {
  const { path } = await running();
  const directory = copied(path, ['-wal']);
  const before = listing(directory);
  const snapshot = await openStateSnapshot(directory, log);
  expect((await deadLetterReading(snapshot, log).counts()).get('siem')?.open).toBe(100);
  await snapshot.close();
  expect(listing(directory)).toEqual(before);
});

it('rejects a file of a newer version', async () => {
  const { path, close } = await running();
  await close();
  new DatabaseSync(stateFileIn(path)).exec('PRAGMA user_version = 2');
  await expect(openStateSnapshot(path, log)).rejects.toMatchObject({
    code: 'data_format_newer',
    message: expect.stringContaining(`${stateFileIn(path)} has file format 2`),
  });
});

function copied(path: string, without: readonly string[]): string {
  const directory = join(temporaryDirectory(), 'data');
  cpSync(path, directory, { recursive: true });
  for (const rest of without) rmSync(stateFileIn(directory) + rest);
  expect(statSync(`${stateFileIn(path)}-wal`).size).toBeGreaterThan(0);
  return directory;
}

it.each(ends)('returns the same data if the connector %s, and changes nothing', async (_, end) => {
  const { path, close } = await running();
  const directory = await end(path, close);
  const scratch = temporaryDirectory();
  const before = listing(directory);
  expect(await readWithoutRights(directory, scratch)).toEqual(expected);
  expect(listing(directory)).toEqual(before);
  expect(readdirSync(scratch)).toEqual([]);
});

it.each([
  ['is missing', (file: string) => rmSync(file)],
  ['is damaged', (file: string) => writeFileSync(file, 'no database')],
  ['has a damaged log', (file: string) => writeFileSync(`${file}-wal`, 'x'.repeat(10_000))],
])('rejects if the file %s, and creates none', async (_, damage) => {
  const { path, close } = await running();
  await close();
  damage(stateFileIn(path));
  const before = listing(path);
  await expect(openStateSnapshot(path, log)).rejects.toMatchObject({
    code: 'state_failed',
    message: expect.stringMatching(/^(?!.*ERR_).*start the connector/),
  });
  expect(listing(path)).toEqual(before);
});

it('rejects if it finds damage', async () => {
  const { path, close } = await running();
  await close();
  const bytes = readFileSync(stateFileIn(path));
  writeFileSync(stateFileIn(path), bytes.fill(0xee, 80_000));
  const snapshot = await openStateSnapshot(path, log);
  const reading = deadLetterReading(snapshot, log).list({}, { limit: 1000 });
  await expect(reading).rejects.toMatchObject({ code: 'state_failed' });
  await snapshot.close();
});

it('creates every file with mode 0600, whatever the umask', async () => {
  const directory = join(temporaryDirectory(), 'data');
  const program = join(temporaryDirectory(), 'program.mjs');
  const [journal, index] = ['../../journal/src/index.ts', './index.ts'].map((path) =>
    JSON.stringify(new URL(path, import.meta.url).href),
  );
  writeFileSync(
    program,
    `
    import { writeFileSync } from 'node:fs';
    process.umask(0);
    const { openDataDirectory } = await import(${journal});
    const { openState, prepareState } = await import(${index});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const now = Date.now;
    const path = ${JSON.stringify(directory)};
    await openDataDirectory(path, { now, log, prepare: (at) => prepareState(at, 0, { now, log }) });
    const open = async () => {
      const state = await openState(path, { now, log });
      await state.documents.put('a', 1);
      return state;
    };
    await (await open()).close();
    writeFileSync(path + '/state.sqlite', 'no database');
    await open();
    process.kill(process.pid, 'SIGKILL');
  `,
  );
  await expect(promisify(execFile)(process.execPath, [program])).rejects.toMatchObject({ signal: 'SIGKILL' });
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const modes = entries.map((entry) => {
    const mode = (statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8);
    return `${entry.isFile() ? 'file' : 'directory'} ${entry.name.replace(/\d{8}T\d+Z/, 'time')} ${mode}`;
  });
  expect(modes.filter((one) => one.startsWith('file state')).sort()).toEqual([
    'file state-time.sqlite 600',
    'file state.sqlite 600',
    'file state.sqlite-shm 600',
    'file state.sqlite-wal 600',
  ]);
  expect(modes.filter((one) => !/^(file .* 600|directory .* 700)$/.test(one))).toEqual([]);
});
