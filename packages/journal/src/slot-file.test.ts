import { modelFiles } from '@xiq-siem/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openSlotFile, readSlotFile, type SlotFormat } from './slot-file.ts';

const path = '/data/value';
const texts: SlotFormat<{ text: string }> = { schema: z.object({ text: z.string() }), slotBytes: 200 };
const numbers: SlotFormat<{ number: number }> = { schema: z.object({ number: z.number() }), slotBytes: 200 };
const either: SlotFormat<object> = { schema: z.looseObject({}), slotBytes: 200 };

describe('a slot file', () => {
  it('rejects a value that is too large, and changes no slot', async () => {
    const files = modelFiles();
    const file = await openSlotFile(files, path, texts);
    for (const text of ['one', 'two', 'three']) await file.save({ text });
    const before = files.content(path);
    await expect(file.save({ text: 'x'.repeat(200) })).rejects.toThrow('exceed the size of a slot');
    expect(files.content(path)).toEqual(before);
    await file.save({ text: 'x'.repeat(160) });
    expect(await readSlotFile(files, path, texts)).toEqual({ value: { text: 'x'.repeat(160) }, damaged: false });
  });

  it('saves any value on a full disk, once it has saved one', async () => {
    const files = modelFiles();
    const file = await openSlotFile(files, path, texts);
    await file.save({ text: 'one' });
    // Enough for a write within the file, but not for growth. (The model rejects every write on a full disk.)
    files.setFreeBytes(200);
    for (const letter of ['x', 'y', 'z']) await file.save({ text: letter.repeat(160) });
    expect((await readSlotFile(files, path, texts)).value).toEqual({ text: 'z'.repeat(160) });
  });

  it('uses a higher generation than intact values that it cannot use', async () => {
    const files = modelFiles();
    const older = await openSlotFile(files, path, texts);
    for (const text of ['one', 'two', 'three']) await older.save({ text });
    await older.close();
    const file = await openSlotFile(files, path, numbers);
    expect(file.found).toEqual({ value: undefined, damaged: true });
    await file.save({ number: 4 });
    expect((await readSlotFile(files, path, either)).value).toMatchObject({ number: 4 });
  });

  it('L13: is created again by the next save if it was removed', async () => {
    const files = modelFiles();
    const file = await openSlotFile(files, path, texts);
    for (const text of ['one', 'two']) await file.save({ text });
    await files.remove(path);
    await file.save({ text: 'three' });
    await file.close();
    expect(await readSlotFile(files.copy(), path, texts)).toEqual({ value: { text: 'three' }, damaged: false });
    expect(files.openHandles()).toBe(0);
  });

  it('rejects a value that does not fit the schema, and one of another version', async () => {
    const files = modelFiles();
    const file = await openSlotFile(files, path, numbers);
    await file.save({ number: 1 });
    await expect(file.save({ number: Number.NaN })).rejects.toThrow();
    expect((await readSlotFile(files, path, numbers)).value).toEqual({ number: 1 });
    await (await openSlotFile(files, '/data/newer', either)).save({ v: 2, number: 1 });
    expect(await readSlotFile(files, '/data/newer', numbers)).toEqual({ value: undefined, damaged: true });
  });
});
