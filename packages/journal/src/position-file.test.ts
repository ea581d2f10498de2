import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { at } from './fixtures/test-journal.ts';
import { openPositionFileAt } from './position-file.ts';

const path = '/data/jobs/replay-1.position';

describe('a position file of its own', () => {
  it('begins at the initial position, and is there from its first save', async () => {
    const files = modelFiles();
    const file = await openPositionFileAt(path, at(7), files);
    expect(file.position).toEqual(at(7));
    expect(files.paths()).toEqual([]);
    await file.save(at(9));
    const found = await openPositionFileAt(
      path,
      at(1),
      files.crash(() => false),
    );
    expect(found.position).toEqual(at(9));
  });

  it('keeps the save before where a crash tears the newest', async () => {
    const files = modelFiles();
    const file = await openPositionFileAt(path, at(1), files);
    for (const sequence of [2, 3]) await file.save(at(sequence));
    const content = files.content(path);
    const newest = content.lastIndexOf('"sequence":3');
    content.writeUInt8(content.readUInt8(newest) ^ 1, newest);
    files.put(path, content);
    expect((await openPositionFileAt(path, at(1), files)).position).toEqual(at(2));
  });

  it.each([2, 3])('opened again after %i saves, writes over the older of the two it holds', async (saves) => {
    const files = modelFiles();
    const file = await openPositionFileAt(path, at(1), files);
    for (let n = 1; n <= saves; n += 1) await file.save(at(10 * n));
    await file.close();
    const again = await openPositionFileAt(path, at(1), files);
    files.fail('write', { short: 10 });
    files.fail('write', 'EIO');
    await expect(again.save(at(99))).rejects.toMatchObject({ code: 'position_failed' });
    const found = await openPositionFileAt(
      path,
      at(1),
      files.crash(() => true),
    );
    expect(found.position).toEqual(at(10 * saves));
  });

  it('that is damaged is refused, by name, and left as it is', async () => {
    const files = modelFiles();
    await (await openPositionFileAt(path, at(1), files)).close();
    for (const content of [Buffer.alloc(0), Buffer.alloc(300_000, 'x')]) {
      files.put(path, content);
      await expect(openPositionFileAt(path, at(1), files)).rejects.toMatchObject({
        code: 'position_failed',
        message: expect.stringContaining(path),
      });
      expect(files.content(path)).toEqual(content);
    }
    expect(files.openHandles()).toBe(0);
  });

  it('that cannot be opened or saved says so', async () => {
    const files = modelFiles();
    files.put(path, Buffer.alloc(0));
    files.fail('open', 'EACCES');
    await expect(openPositionFileAt(path, at(1), files)).rejects.toMatchObject({ code: 'position_failed' });
    const file = await openPositionFileAt('/data/jobs/other', at(1), files);
    files.fail('datasync', 'ENOSPC');
    await expect(file.save(at(2))).rejects.toMatchObject({ code: 'position_failed' });
    expect(file.position).toEqual(at(1));
  });

  it('stands anywhere on a real disk', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'position-file-'));
    try {
      const real = join(directory, 'job.position');
      const file = await openPositionFileAt(real, at(1));
      await file.save(at(5));
      await file.close();
      const again = await openPositionFileAt(real, at(1));
      expect(again.position).toEqual(at(5));
      await again.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
