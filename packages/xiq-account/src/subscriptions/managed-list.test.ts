import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@xiq-siem/core';
import { expect, it, onTestFinished } from 'vitest';
import { isRotating, lockRotation, newManagedSecret, readManagedList, writeManagedList } from './managed-list.ts';
import { rotateManaged } from './rotate-secret.ts';
import { collect, modelXiq, noSignal, secret, target, testPorts } from './test-xiq.ts';

async function list() {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-list-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { directory, path: join(directory, 'xiq') };
}

const values = (path: string) => readManagedList(path).map((secret) => secret.reveal());

it('is written whole, of mode 0600, with nothing beside it; a line that stands twice is given twice', async () => {
  const { directory, path } = await list();
  await writeFile(path, 'old\n', { mode: 0o644 });
  await writeManagedList(path, [new Secret('a'), new Secret('b'), new Secret('b')]);
  expect(values(path)).toEqual(['a', 'b', 'b']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['xiq']);
});

it('is empty where there is none', async () => {
  const { path } = await list();
  expect(values(path)).toEqual([]);
  expect(isRotating(path)).toBe(false);
});

it('tells of a rotation that is under way', async () => {
  const { path } = await list();
  const [a, n] = [new Secret('a'), newManagedSecret()];
  const seen: boolean[] = [];
  for (const secrets of [[a], [a, n, n], [n, a, n], [n]]) {
    await writeManagedList(path, secrets);
    seen.push(isRotating(path));
  }
  expect(seen).toEqual([false, true, true, false]);
});

it('is rotated by one at a time', async () => {
  const { path } = await list();
  await writeManagedList(path, [secret]);
  const rotate = () => {
    const askReceiver = undefined;
    return collect(rotateManaged({ target, path, askReceiver, api: modelXiq(), ...testPorts() }, noSignal));
  };
  {
    using _lock = lockRotation(path);
    await expect(rotate()).rejects.toMatchObject({ code: 'busy' });
    expect(readManagedList(path)).toHaveLength(1);
  }
  expect((await rotate()).at(-1)).toEqual({ did: 'dropped' });
});
