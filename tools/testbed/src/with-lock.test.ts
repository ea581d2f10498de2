import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { withLock } from './with-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'with-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

const holder = `
  import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'with-lock.ts'))};
  await withLock(process.argv[1], { waitMs: 0 }, async () => {
    console.log('locked');
    await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  });
`;

it('waits for another process, and gets the lock when that one is killed', async () => {
  const path = join(folder, 'lock');
  const other = spawn(process.execPath, ['--input-type=module', '-e', holder, path]);
  await once(other.stdout, 'data');
  await expect(withLock(path, { waitMs: 0 }, async () => {})).rejects.toThrow(`${path} was locked by another build`);
  const got = withLock(path, { waitMs: 20_000, onWait: () => other.kill('SIGKILL') }, async () => 'done');
  expect(await got).toBe('done');
});

it('allows one holder at a time, and continues after one that fails', async () => {
  const path = join(folder, 'other-lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise(setImmediate);
    inside -= 1;
    throw new Error('it failed');
  };
  const all = await Promise.allSettled([1, 2, 3].map(() => withLock(path, { waitMs: 20_000 }, work)));
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(most).toBe(1);
});
