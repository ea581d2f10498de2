import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { certainAge, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';
import { appendText, at, metadata, readToEnd, textsOf } from './fixtures/test-journal.ts';
import type { Journal } from './journal.ts';
import { openJournal } from './open-journal.ts';
import { openJournalSnapshot } from './open-snapshot.ts';

const log = createRecordingLogger();
let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'snapshot-'));
  path = join(parent, 'data');
});
afterEach(async () => {
  await setModes(0o700, 0o600);
  await rm(parent, { recursive: true });
});

function open(directory: string, segmentBytes = 20_000): Promise<Journal> {
  return openJournal({
    ageGuard: certainAge,
    directory,
    maxBytes: 10 ** 9,
    minFreeBytes: 0,
    retainForMs: 10 ** 9,
    segmentBytes,
    now: Date.now,
    log,
    meter: createRecordingMeter(),
  });
}

/** A data directory with bodies and a position, closed in order. */
async function filled(count: number): Promise<readonly string[]> {
  const data = await openDataDirectory(path, { now: Date.now, log, prepare: async () => {} });
  const journal = await open(data.path);
  const receipts: string[] = [];
  for (let n = 1; n <= count; n += 1) receipts.push(await appendText(journal, `${n} ${'x'.repeat(500)}`));
  await (await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' })).save(at(7));
  await journal.close();
  await data.close();
  return receipts;
}

async function pathsIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, { recursive: true })).sort().map((name) => join(directory, name));
}

async function setModes(directoryMode: number, fileMode: number): Promise<void> {
  for (const one of [parent, ...(await pathsIn(parent))]) {
    await chmod(one, (await stat(one)).isDirectory() ? directoryMode : fileMode);
  }
}

/** Every name with its mode, time and hash. */
async function listing(): Promise<readonly unknown[]> {
  return Promise.all(
    [parent, ...(await pathsIn(parent))].map(async (one) => {
      const { mode, mtimeNs, ctimeNs, ino, size } = await stat(one, { bigint: true });
      const isFile = (await stat(one)).isFile();
      const hash = isFile
        ? createHash('sha256')
            .update(await readFile(one))
            .digest('hex')
        : '';
      return { one, mode, mtimeNs, ctimeNs, ino, size, hash };
    }),
  );
}

async function segments(): Promise<readonly string[]> {
  return (await pathsIn(join(path, 'journal'))).filter((one) => one.endsWith('.segment'));
}

/** Opens a snapshot in a process that cannot write files, calls all its methods, and returns the results. */
async function lookWithoutRights(receipt: string): Promise<unknown> {
  const program = `
    const { openJournalSnapshot } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const snapshot = await openJournalSnapshot(${JSON.stringify(path)}, { log });
    const signal = new AbortController().signal;
    const counts = { body: 0, lost: 0 };
    const reader = snapshot.reader(1);
    for (;;) {
      const entries = await reader.read({ maxBodies: 10, maxBytes: 1e6 }, signal);
      if (entries.length === 0) break;
      for (const { kind } of entries) counts[kind] += 1;
    }
    await reader.close();
    const found = (await snapshot.find(${JSON.stringify(receipt)})).kind;
    const at = await snapshot.sequenceAt(0, signal);
    const positions = [...snapshot.positions().keys()];
    const gaps = snapshot.retentionGaps().length;
    console.log(JSON.stringify({ ...counts, found, at, positions, gaps, bytes: snapshot.bytesFrom(1) > 0 }));
    await snapshot.close();
  `;
  const flags = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, program]);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('a snapshot of a stopped connector', () => {
  const whole = { found: 'body', at: 1, positions: ['archive'], gaps: 0, bytes: true };
  const damages: readonly [what: string, damage: () => Promise<void>, counts: { body: number; lost: number }][] = [
    ['that closed in order', async () => undefined, { body: 60, lost: 0 }],
    ['with a torn tail', async () => truncateBy((await segments()).at(-1), 100), { body: 59, lost: 1 }],
    ['with a damaged record', async () => zero((await segments())[0], 6000), { body: 59, lost: 1 }],
    ['with a missing head', () => rm(join(path, 'journal', 'head')), { body: 60, lost: 0 }],
  ];

  async function truncateBy(file = '', bytes = 0): Promise<void> {
    await truncate(file, (await stat(file)).size - bytes);
  }
  async function zero(file = '', offset = 0): Promise<void> {
    await writeFile(file, (await readFile(file)).fill(0, offset, offset + 10));
  }

  it.each(damages)(
    '%s needs no right to write, and leaves every byte and time as it was',
    async (_, damage, counts) => {
      const receipts = await filled(60);
      await damage();
      await setModes(0o500, 0o400);
      const before = await listing();
      expect(await lookWithoutRights(receipts[1] ?? '')).toEqual({ ...whole, ...counts });
      expect(await listing()).toEqual(before);
    },
  );

  it('rejects a newer format and a directory that is not a data directory, and creates nothing', async () => {
    await expect(openJournalSnapshot(path, { log })).rejects.toMatchObject({
      code: 'data_directory_missing',
      exitCode: 64,
      message: expect.stringContaining(path),
    });
    expect(await readdir(parent)).toEqual([]);
    await mkdir(path);
    await expect(openJournalSnapshot(path, { log })).rejects.toMatchObject({ code: 'data_directory_missing' });
    expect(await readdir(path)).toEqual([]);
    await writeFile(join(path, 'format'), '3\n');
    await expect(openJournalSnapshot(path, { log })).rejects.toMatchObject({ code: 'data_format_newer' });
  });

  it('reads the log in another subdirectory', async () => {
    await filled(1);
    const room = join(path, 'dead-letters');
    expect((await openJournalSnapshot(path, { log, subdirectory: 'dead-letters' })).extent().nextSequence).toBe(1);
    for (const name of ['journal', 'positions', 'quarantine']) await mkdir(join(room, name), { recursive: true });
    const letters = await open(room);
    await appendText(letters, 'a dead letter');
    await letters.close();
    const snapshot = await openJournalSnapshot(path, { log, subdirectory: 'dead-letters' });
    expect(textsOf(await readToEnd(snapshot.reader(1)))).toEqual(['a dead letter']);
  });
});

describe('a snapshot of a running connector', () => {
  it('needs no lock, and reads the stored bodies', async () => {
    const data = await openDataDirectory(path, { now: Date.now, log, prepare: async () => {} });
    const journal = await open(data.path);
    await appendText(journal, 'one');
    const first = await openJournalSnapshot(path, { log });
    await appendText(journal, 'two');
    const second = await openJournalSnapshot(path, { log });
    expect(textsOf(await readToEnd(first.reader(1)))).toEqual(['one']);
    expect(textsOf(await readToEnd(second.reader(1)))).toEqual(['one', 'two']);
    await appendText(journal, 'three');
    await journal.close();
    await data.close();
  });
});

describe('a scan of a segment', () => {
  it('yields between its chunks', async () => {
    const data = await openDataDirectory(path, { now: Date.now, log, prepare: async () => {} });
    const filling = await open(data.path, 32 * 1024 * 1024);
    const body = Buffer.alloc(8192, 'x');
    const count = 2048;
    const receipts = await Promise.all(
      Array.from({ length: count }, (_, n) => filling.append({ ...metadata, receivedAtMs: n }, body)),
    );
    await filling.close();
    // There are no landmarks after a start.
    const journal = await open(data.path, 32 * 1024 * 1024);
    for (const look of [
      () => journal.find(receipts.at(-1) ?? ''),
      () => journal.sequenceAt(count - 1, new AbortController().signal),
    ]) {
      let isDone = false;
      let turns = 0;
      const looking = look().finally(() => {
        isDone = true;
      });
      for (; !isDone; turns += 1) await setImmediate();
      expect(await looking).toBeTruthy();
      expect(turns).toBeGreaterThan(32);
    }
    await journal.close();
    await data.close();
  });
});
