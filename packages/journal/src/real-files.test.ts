import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { certainAge, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';
import { appendText, readAll, textsOf } from './fixtures/test-journal.ts';
import { openJournal } from './open-journal.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(parent, { recursive: true }));

function open(directory: string): ReturnType<typeof openJournal> {
  return openJournal({
    ageGuard: certainAge,
    directory,
    maxBytes: 10 ** 8,
    minFreeBytes: 0,
    retainForMs: 10 ** 9,
    segmentBytes: 20_000,
    now: Date.now,
    log: createRecordingLogger(),
    meter: createRecordingMeter(),
  });
}

describe('on real files', () => {
  it('rolls, closes and opens again', async () => {
    const data = await openDataDirectory(join(parent, 'data'), {
      now: Date.now,
      log: createRecordingLogger(),
      prepare: async () => {},
    });
    const journal = await open(data.path);
    const texts = Array.from({ length: 100 }, (_, n) => `${n} ${'x'.repeat(500)}`);
    for (const text of texts) await appendText(journal, text);
    const position = await journal.position('archive', { startAt: 'earliest', whenFull: 'evict' });
    await position.save({ ...position.position, sequence: 50 });
    await journal.close();
    const again = await open(data.path);
    expect(textsOf(await readAll(again))).toEqual(texts);
    const found = await again.position('archive', { startAt: 'now', whenFull: 'evict' });
    expect(found.position.sequence).toBe(50);
    await again.close();
    await data.close();
  });

  it('works under node --permission, where fs.fsync does not', async () => {
    const program = `
      const { openDataDirectory, openJournal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
      const log = { debug() {}, info() {}, warn: console.error, error: console.error };
      const data = await openDataDirectory(${JSON.stringify(join(parent, 'data'))}, { now: Date.now, log, prepare: async () => {} });
      const journal = await openJournal({
        ageGuard: { mayDeleteByAge: () => true, resume() {}, confirmedMs: () => undefined },
        directory: data.path, maxBytes: 1e8, minFreeBytes: 0, retainForMs: 1e9, segmentBytes: 1e6, now: Date.now, log,
        meter: { add() {} },
      });
      const receipt = await journal.append({ source: 'xiq', origin: 'webhook', receivedAtMs: 1 }, Buffer.from('kept'));
      await journal.close();
      await data.close();
      console.log(receipt);
    `;
    const flags = ['--permission', '--allow-fs-read=*', `--allow-fs-write=${parent}`, '--input-type=module', '-e'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, program]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^r1_/);
  });
});
