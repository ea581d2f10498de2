import { describe, expect, it } from 'vitest';
import { type ModelFiles, modelFiles } from './model-files.ts';

const all = (): boolean => true;
const none = (): boolean => false;

async function write(files: ModelFiles, path: string, text: string, sync: boolean): Promise<void> {
  const file = await files.open(path, 'create');
  await file.write(Buffer.from(text), 0);
  if (!sync) return;
  await file.datasync();
  await files.syncDirectory('/d');
}

describe('after a crash of the model', () => {
  it('a file that syncs each write has all writes except the failed one', async () => {
    const files = modelFiles();
    const file = await files.open('/d/synced', 'createSynced');
    await files.syncDirectory('/d');
    await file.write(Buffer.from('first'), 0);
    files.fail('datasync', 'EIO');
    await expect(file.write(Buffer.from('second'), 5)).rejects.toMatchObject({ code: 'EIO' });
    expect(files.crash(none).content('/d/synced').toString()).toBe('first');
  });

  it('synced data survives, and any part of the rest', async () => {
    for (const keep of [all, none]) {
      const files = modelFiles();
      await write(files, '/d/synced', 'synced', true);
      const file = await files.open('/d/synced', 'update');
      await file.write(Buffer.from(' more'), 6);
      await write(files, '/d/new', 'new', false);
      const found = files.crash(keep);
      expect(found.content('/d/synced').toString()).toBe(keep() ? 'synced more' : 'synced');
      expect(found.paths().includes('/d/new')).toBe(keep());
    }
  });

  it('sectors of one write survive separately, with zeros between them', async () => {
    const files = modelFiles();
    await write(files, '/d/file', '', true);
    const file = await files.open('/d/file', 'update');
    await file.write(Buffer.alloc(1536, 1), 0);
    let asked = 0;
    const found = files.crash(() => {
      asked += 1;
      return asked === 3;
    });
    expect(found.content('/d/file')).toEqual(Buffer.concat([Buffer.alloc(1024), Buffer.alloc(512, 1)]));
  });

  it('a synced file without a synced name may be lost, and so may a removed name', async () => {
    const files = modelFiles();
    await write(files, '/d/kept', 'x', true);
    await files.remove('/d/kept');
    const file = await files.open('/d/unnamed', 'create');
    await file.datasync();
    expect(files.crash(none).paths()).toEqual(['/d/kept']);
  });

  it('if syncs are ignored, all data may be lost', async () => {
    const files = modelFiles({ ignoreSyncs: true });
    await write(files, '/d/file', 'synced', true);
    expect(files.crash(none).paths()).toEqual([]);
  });

  it('the earlier process cannot change the files any more', async () => {
    const files = modelFiles();
    const file = await files.open('/d/file', 'create');
    const found = files.crash(all);
    await expect(file.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'EBADF' });
    await expect(files.open('/d/other', 'create')).rejects.toMatchObject({ code: 'EBADF' });
    expect(found.content('/d/file')).toHaveLength(0);
  });
});

describe('when only the process dies in the model', () => {
  it('its writes are visible, and a crash still loses them', async () => {
    const files = modelFiles();
    await write(files, '/d/file', 'seen', false);
    const next = files.kill();
    expect(next.content('/d/file').toString()).toBe('seen');
    expect(next.crash(none).paths()).toEqual([]);
  });
});

describe('the failures of the model', () => {
  it('happen the given number of times', async () => {
    const files = modelFiles();
    const file = await files.open('/d/file', 'create');
    files.fail('write', 'EIO', 2);
    files.fail('write', { short: 2 });
    for (let n = 0; n < 2; n += 1)
      await expect(file.write(Buffer.from('abc'), 0)).rejects.toMatchObject({ code: 'EIO' });
    expect(await file.write(Buffer.from('abc'), 0)).toBe(2);
    expect(await file.write(Buffer.from('abc'), 0)).toBe(3);
  });

  it('a failed sync has dropped its data', async () => {
    const files = modelFiles();
    await write(files, '/d/file', '', true);
    const file = await files.open('/d/file', 'update');
    await file.write(Buffer.from('gone'), 0);
    files.fail('datasync', 'EIO');
    await expect(file.datasync()).rejects.toMatchObject({ code: 'EIO' });
    expect(files.content('/d/file').toString()).toBe('gone');
    expect(files.crash(all).content('/d/file')).toHaveLength(0);
  });

  it('a full disk accepts a short write', async () => {
    const files = modelFiles();
    const file = await files.open('/d/file', 'create');
    files.setFreeBytes(2);
    expect(await file.write(Buffer.from('abc'), 0)).toBe(2);
    await expect(file.write(Buffer.from('c'), 2)).rejects.toMatchObject({ code: 'ENOSPC' });
    await files.remove('/d/file');
    expect(await files.freeBytes('/d')).toBe(2);
  });
});
