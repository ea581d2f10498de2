import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeFiles } from './files.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(parent, { recursive: true });
});

describe('a directory', () => {
  it('is made with what is missing above it, and each name is synced', async () => {
    const synced = vi.spyOn(nodeFiles, 'syncDirectory');
    const path = join(parent, 'a', 'b', 'c');
    await nodeFiles.makeDirectory(path);
    await nodeFiles.makeDirectory(path);
    expect(synced.mock.calls).toEqual([[parent], [join(parent, 'a')], [join(parent, 'a', 'b')]]);
    expect(await nodeFiles.list(path)).toEqual([]);
  });

  it('is not made where a file or nothing can be, and the error is the system’s', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(nodeFiles.makeDirectory(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(nodeFiles.makeDirectory(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nodeFiles.makeDirectory('/proc/self/nowhere/x')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
