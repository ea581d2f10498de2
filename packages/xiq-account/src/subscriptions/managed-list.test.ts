import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@xiq-siem/core';
import { openTestState } from '@xiq-siem/state/test-state';
import { expect, it, onTestFinished } from 'vitest';
import {
  fingerprintOf,
  isRotating,
  lockRotation,
  newManagedSecret,
  readManagedList,
  readRotation,
  writeManagedList,
  writeRotation,
} from './managed-list.ts';
import { rotateManaged } from './rotate-secret.ts';
import { collect, modelXiq, noSignal, secret, target, testPorts } from './test-xiq.ts';

async function list() {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-list-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { directory, path: join(directory, 'xiq') };
}

const values = (path: string) => readManagedList(path).map((secret) => secret.reveal());

it('is written with mode 0600 and without a temporary file; a repeated line is read twice', async () => {
  const { directory, path } = await list();
  await writeFile(path, 'old\n', { mode: 0o644 });
  await writeManagedList(path, [new Secret('a'), new Secret('b'), new Secret('b')]);
  expect(values(path)).toEqual(['a', 'b', 'b']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['xiq']);
});

it('is empty if there is no file', async () => {
  const { path } = await list();
  const { documents } = await openTestState();
  await writeRotation(documents, 'xiq', 'any');
  expect(values(path)).toEqual([]);
  expect(await isRotating(documents, 'xiq', path)).toBe(false);
});

it('throws secret_unreadable if it exists and cannot be read', async () => {
  const { path } = await list();
  await mkdir(path);
  expect(() => readManagedList(path)).toThrow(expect.objectContaining({ code: 'secret_unreadable' }));
});

it('detects an unfinished rotation', async () => {
  const { path } = await list();
  const { documents } = await openTestState();
  const [a, n] = [new Secret('a'), newManagedSecret()];
  const seen = async (source: string) => {
    const all: boolean[] = [];
    // A list of format 1 has the new secret twice.
    for (const secrets of [[a], [a, n], [a, n, n], [n, a], [n, a, n], [n]]) {
      await writeManagedList(path, secrets);
      all.push(await isRotating(documents, source, path));
    }
    return all;
  };
  await writeRotation(documents, 'xiq', fingerprintOf(n));
  expect(await seen('xiq')).toEqual([false, true, true, true, true, false]);
  expect(await seen('other')).not.toContain(true);
  await writeRotation(documents, 'xiq', undefined);
  expect(await seen('xiq')).not.toContain(true);
});

it('stores a rotation without its secret', async () => {
  const { database, documents } = await openTestState();
  const next = newManagedSecret();
  await writeRotation(documents, 'xiq', fingerprintOf(next));
  expect(await readRotation(documents, 'xiq')).toBe(fingerprintOf(next));
  const stored = await database.read('SELECT * FROM documents');
  expect([stored.length, JSON.stringify(stored)]).toEqual([1, expect.not.stringContaining(next.reveal())]);
});

it('is rotated by one process at a time', async () => {
  const { path } = await list();
  await writeManagedList(path, [secret]);
  const { documents } = await openTestState();
  const rotate = () => {
    const managed = { target, path, source: 'xiq', documents, receiverAccepts: undefined };
    return collect(rotateManaged({ ...managed, api: modelXiq(), ...testPorts() }, noSignal));
  };
  {
    using _lock = lockRotation(path);
    await expect(rotate()).rejects.toMatchObject({ code: 'busy' });
    expect(readManagedList(path)).toHaveLength(1);
  }
  expect((await rotate()).at(-1)).toEqual({ action: 'removed' });
  expect(await readRotation(documents, 'xiq')).toBeUndefined();
});
