import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openManagedSecret } from '@xiq-siem/config';
import { openDeadLetters } from '@xiq-siem/state';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

let data: string;
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'file-modes-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  data = join(parent, 'data');
});

const index = (name: string): string => JSON.stringify(new URL(`../../${name}/src/index.ts`, import.meta.url).href);

/** A process of its own, since the umask is one for all threads of a process. */
async function fill(umask: number): Promise<void> {
  const program = `
    import { appendFile, writeFile } from 'node:fs/promises';
    process.umask(${umask});
    const { openManagedSecret } = await import(${index('config')});
    const { freshPosition } = await import(${index('core')});
    const { openDataDirectory, openPositionFileAt } = await import(${index('journal')});
    const { openBackfilledIds, openDeadLetters, openJobRecords, openProgressHistory } = await import(${index('state')});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const now = Date.now;
    const { paths } = await openDataDirectory(${JSON.stringify(data)}, { now, log });
    await openManagedSecret(paths.secrets, 'xiq', log);
    const options = { maxBytes: 1 << 20, minFreeBytes: 0, segmentBytes: 4096, now, log, meter: { add() {} } };
    const deadLetters = await openDeadLetters(paths.deadLetters, options);
    const more = { element: 0, id: 'id', dataset: 'd', code: 'c', attempts: 1, firstAttemptMs: 1, lastAttemptMs: 1 };
    const append = (sequence) =>
      deadLetters.append({ destination: 'one', sequence, receipt: 'r', json: 'x'.repeat(9000), ...more });
    for (let sequence = 1; sequence < 20; sequence += 1) await append(sequence);
    await deadLetters.resolve(deadLetters.matching({}).slice(0, 9), 'dropped', 'operator');
    await deadLetters.compact();
    await deadLetters.close();
    const records = await openJobRecords(paths.jobs, log);
    const job = { id: 'a1', kind: 'replay', state: 'running', request: {}, created: '2026-01-01T00:00:00Z', lanes: [] };
    await records.save({ v: 1, job });
    const position = await openPositionFileAt(records.positionPath('a1', 'one'), freshPosition(1));
    await position.save(freshPosition(2));
    await position.close();
    const history = await openProgressHistory(paths.positions, log);
    for (let sequence = 1; sequence < 3; sequence += 1) await history.add('one', { sequence, atMs: sequence });
    // One file at its bound is written anew.
    const lines = Array.from({ length: 100_000 }, (_, index) => index + 1 + ' 1\\n').join('');
    await writeFile(paths.positions + '/two.times', lines, { mode: 0o600 });
    await (await openProgressHistory(paths.positions, log)).add('two', { sequence: 200_000, atMs: 2 });
    // So is one with an invalid line.
    const ids = paths.jobs + '/backfilled.ids';
    const first = await openBackfilledIds(ids, { now, log });
    await first.add(['1' + 'a'.repeat(40)]);
    await first.close();
    await appendFile(ids, 'torn');
    await (await openBackfilledIds(ids, { now, log })).close();
    // Killed, so that nothing is removed at the end.
    process.kill(process.pid, 'SIGKILL');
  `;
  const running = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  await expect(running).rejects.toMatchObject({ signal: 'SIGKILL', stderr: '' });
}

describe('what stands beside the journal', () => {
  it.each([0, 0o077])('is for its owner alone under any umask: %i', async (umask) => {
    await fill(umask);
    const names = await readdir(data, { recursive: true });
    const modes = names.map(async (name) => {
      const status = await stat(join(data, name));
      return [name, (status.mode & 0o7777).toString(8) === (status.isDirectory() ? '700' : '600')] as const;
    });
    expect((await Promise.all(modes)).filter(([, isPrivate]) => !isPrivate)).toEqual([]);
    const made = ['a1.json', 'a1.one.position', 'backfilled.ids'].map((name) => `jobs/${name}`);
    const others = ['positions/one.times', 'positions/two.times', 'secrets/xiq', 'dead-letters/journal/head'];
    const deadLetters = ['journal', 'positions', 'quarantine'].map((name) => `dead-letters/${name}`);
    expect(names).toEqual(expect.arrayContaining([...made, ...others, ...deadLetters]));
    expect(names.filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('is refused, not tried for ever, where no directory can be made', async () => {
    const log = createRecordingLogger();
    const options = { maxBytes: 1 << 20, minFreeBytes: 0, segmentBytes: 4096, now: Date.now, log };
    for (const parent of ['/proc/no-such-directory', `${data}.file/x`]) {
      if (!parent.startsWith('/proc')) await writeFile(`${data}.file`, '');
      await expect(openManagedSecret(`${parent}/secrets`, 'xiq', log)).rejects.toThrow();
      const opening = openDeadLetters(`${parent}/dead-letters`, { ...options, meter: createRecordingMeter() });
      await expect(opening).rejects.toThrow();
    }
  });
});
