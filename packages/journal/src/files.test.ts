import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeFiles, writeDurably } from './files.ts';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  return { ...actual, writeFile: vi.fn(actual.writeFile), rename: vi.fn(actual.rename) };
});

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(parent, { recursive: true });
});

describe('a directory', () => {
  it('is created with its missing parents, and each name is synced', async () => {
    const synced = vi.spyOn(nodeFiles, 'syncDirectory');
    const path = join(parent, 'a', 'b', 'c');
    await nodeFiles.makeDirectory(path);
    await nodeFiles.makeDirectory(path);
    expect(synced.mock.calls).toEqual([[parent], [join(parent, 'a')], [join(parent, 'a', 'b')]]);
    expect(await nodeFiles.list(path)).toEqual([]);
  });

  it('is not created in a file or in /proc, and the error is that of the system', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(nodeFiles.makeDirectory(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(nodeFiles.makeDirectory(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nodeFiles.makeDirectory('/proc/self/nowhere/x')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('syncs a text before its name, and the name after it', async () => {
  const path = join(parent, 'text');
  const synced = vi.spyOn(nodeFiles, 'syncDirectory');
  await writeDurably(path, 'whole');
  expect(writeFile).toHaveBeenLastCalledWith(`${path}.new`, 'whole', { mode: 0o600, flush: true });
  expect(rename).toHaveBeenLastCalledWith(`${path}.new`, path);
  expect(synced).toHaveBeenLastCalledWith(parent);
  const calls = [vi.mocked(writeFile), vi.mocked(rename), synced];
  const order = calls.flatMap(({ mock }) => mock.invocationCallOrder.slice(-1));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(await readFile(path, 'utf8')).toBe('whole');
});
