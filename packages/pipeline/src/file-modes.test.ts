import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openManagedSecret } from '@xiq-siem/config';
import { prepareState } from '@xiq-siem/state';
import { createRecordingLogger } from '@xiq-siem/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

let data: string;
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'file-modes-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  data = join(parent, 'data');
});

const index = (name: string): string => JSON.stringify(new URL(`../../${name}/src/index.ts`, import.meta.url).href);

/** In a separate process, because all threads of a process share one umask. */
async function fill(umask: number): Promise<void> {
  const program = `
    import { writeFile } from 'node:fs/promises';
    process.umask(${umask});
    const { openManagedSecret } = await import(${index('config')});
    const { initialPosition } = await import(${index('core')});
    const { openDataDirectory } = await import(${index('journal')});
    const { openBackfillPairing, openDeadLetters, openJobRecords, openProgressHistory, openState, prepareState } =
      await import(${index('state')});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const now = Date.now;
    const prepare = (directory, fromFormat) => prepareState(directory, fromFormat, { now, log });
    const { path: directory, paths } = await openDataDirectory(${JSON.stringify(data)}, { now, log, prepare });
    await openManagedSecret(paths.secrets, 'xiq', log);
    // A damaged file is moved to the quarantine.
    await writeFile(directory + '/state.sqlite', 'x'.repeat(9000));
    const { database, documents } = await openState(directory, { now, log });
    const deadLetters = await openDeadLetters(database, { maxBytes: 1 << 20, minFreeBytes: 0, directory, now, log });
    const more = { element: 0, id: 'id', dataset: 'd', code: 'c', attempts: 1, firstAttemptMs: 1, lastAttemptMs: 1 };
    const append = (sequence) =>
      deadLetters.append({ destination: 'one', sequence, receipt: 'r', json: 'x'.repeat(9000), ...more });
    for (let sequence = 1; sequence < 20; sequence += 1) await append(sequence);
    await deadLetters.drop({}, 9);
    const records = await openJobRecords(documents);
    const job = { id: 'a1', kind: 'replay', state: 'running', request: {}, created: '2026-01-01T00:00:00Z', streams: [] };
    await records.save({ v: 1, job });
    await (await records.position('a1', 'one', initialPosition(1))).save(initialPosition(2));
    await openProgressHistory(database, log).add(new Map([['one', { sequence: 1, atMs: 1 }]]));
    const pairing = await openBackfillPairing(database, { now, mayDeleteByAge: () => true, log });
    await pairing.addFetched([{ id: '1' + 'a'.repeat(40) }]);
    // Killed, so that no file is removed.
    process.kill(process.pid, 'SIGKILL');
  `;
  // Without --input-type: the thread of the state file would inherit it and fail.
  const running = promisify(execFile)(process.execPath, ['-e', program]);
  await expect(running).rejects.toMatchObject({ signal: 'SIGKILL', stderr: '' });
}

describe('files beside the journal', () => {
  it.each([0, 0o077])('are readable only for their owner with umask %i', async (umask) => {
    await fill(umask);
    const names = await readdir(data, { recursive: true });
    const modes = names.map(async (name) => {
      const status = await stat(join(data, name));
      return [name, (status.mode & 0o7777).toString(8) === (status.isDirectory() ? '700' : '600')] as const;
    });
    expect((await Promise.all(modes)).filter(([, isPrivate]) => !isPrivate)).toEqual([]);
    const stateFiles = ['state.sqlite', 'state.sqlite-wal', 'state.sqlite-shm'];
    const setAside = expect.stringMatching(/^quarantine\/state-.+\.sqlite$/);
    expect(names).toEqual(expect.arrayContaining([...stateFiles, setAside, 'secrets/xiq']));
    expect(names.filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('are refused at once if no directory can be created', async () => {
    const log = createRecordingLogger();
    for (const parent of ['/proc/no-such-directory', `${data}.file/x`]) {
      if (!parent.startsWith('/proc')) await writeFile(`${data}.file`, '');
      await expect(openManagedSecret(`${parent}/secrets`, 'xiq', log)).rejects.toThrow();
      const preparing = prepareState(`${parent}/data`, 0, { now: Date.now, log });
      await expect(preparing).rejects.toMatchObject({ code: 'state_failed' });
    }
  });
});
