import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Files } from './files.ts';
import { at } from './fixtures/test-journal.ts';
import { openPositionFile, readPositionAt } from './position-file.ts';
import { openSlotFile } from './slot-file.ts';

const path = '/data/jobs/replay-1.splunk.position';

async function open(files: Files) {
  const file = await openPositionFile(files, path);
  return file.use(file.found.value?.position ?? at(1), 'evict', () => undefined);
}

describe('a position file', () => {
  it('returns the previous save if a crash tears the newest', async () => {
    const files = modelFiles();
    const file = await open(files);
    for (const sequence of [2, 3]) await file.save(at(sequence));
    const content = files.content(path);
    const newest = content.lastIndexOf('"sequence":3');
    content.writeUInt8(content.readUInt8(newest) ^ 1, newest);
    files.put(path, content);
    expect((await open(files)).position).toEqual(at(2));
  });

  it('reads the older value letGo as evict, and writes evict', async () => {
    const files = modelFiles();
    const schema = z.object({ whenFull: z.literal('letGo'), position: z.unknown() });
    const old = await openSlotFile(files, path, { schema, slotBytes: 128 * 1024 });
    await old.save({ whenFull: 'letGo', position: at(5) });
    await old.close();
    expect(files.content(path).toString('latin1')).toContain('"whenFull":"letGo"');
    expect(await readPositionAt(path, files)).toEqual(at(5));
    const file = await open(files);
    expect(file.position).toEqual(at(5));
    await file.save(at(6));
    expect(files.content(path).toString('latin1')).toContain('"whenFull":"evict"');
  });

  it.each([2, 3])('opened again after %i saves, overwrites the older slot', async (saves) => {
    const files = modelFiles();
    const file = await open(files);
    for (let n = 1; n <= saves; n += 1) await file.save(at(10 * n));
    await file.close();
    const again = await open(files);
    files.fail('write', { short: 10 });
    files.fail('write', 'EIO');
    await expect(again.save(at(99))).rejects.toMatchObject({ code: 'position_failed' });
    const found = await open(files.crash(() => true));
    expect(found.position).toEqual(at(10 * saves));
  });
});

describe('a position file that is only read', () => {
  it('returns the newest save, or the previous one if that is torn', async () => {
    const files = modelFiles();
    expect(await readPositionAt(path, files)).toBeUndefined();
    const file = await open(files);
    for (const sequence of [2, 3]) await file.save(at(sequence));
    await file.close();
    expect(await readPositionAt(path, files)).toEqual(at(3));
    const content = files.content(path);
    const newest = content.lastIndexOf('"sequence":3');
    content.writeUInt8(content.readUInt8(newest) ^ 1, newest);
    files.put(path, content);
    expect(await readPositionAt(path, files)).toEqual(at(2));
    expect(files.content(path)).toEqual(content);
  });

  it('that is damaged is rejected, with its path, and not changed', async () => {
    const files = modelFiles();
    await (await open(files)).close();
    for (const content of [Buffer.alloc(0), Buffer.alloc(300_000, 'x')]) {
      files.put(path, content);
      await expect(readPositionAt(path, files)).rejects.toMatchObject({
        code: 'position_failed',
        message: expect.stringContaining(path),
      });
      expect(files.content(path)).toEqual(content);
    }
    expect(files.openHandles()).toBe(0);
  });
});
