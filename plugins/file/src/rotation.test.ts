// Rotations by other programs in random order under load: every delivered event is in the union of the files.
import { mkdir, readdir, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { configOf, temporaryDirectory, testContext } from './test-context.ts';
import { deliverDuring, eventsBelow } from './test-rotation.ts';

const rotations = 25;

/** Each gets the newest file, and a function that resolves after the next delivery: the rotation is that slow. */
const programs: Readonly<
  Record<string, (file: string, nextDelivery: () => Promise<void>, number: number) => Promise<unknown>>
> = {
  'rename, then create': async (file, nextDelivery, number) => {
    await rename(file, `${file}.${number}`);
    if (number % 3 === 0) await nextDelivery();
    // Fails if the destination was faster, as logrotate does.
    await writeFile(file, '', { flag: 'wx' }).catch(() => undefined);
  },
  'copy, then truncate': async (file, nextDelivery, number) => {
    await writeFile(`${file}.${number}`, await readFile(file));
    await nextDelivery();
    await truncate(file);
  },
  'rename, compress, then delete': async (file, nextDelivery, number) => {
    await rename(file, `${file}.${number}`);
    const bytes = gzipSync(await readFile(`${file}.${number}`));
    await nextDelivery();
    await writeFile(`${file}.${number}.gz`, bytes);
    await unlink(`${file}.${number}`);
  },
  'move the directory': async (file, _, number) => {
    const directory = join(file, '..');
    await rename(directory, `${directory}.${number}`);
    if (number % 2 === 0) await mkdir(directory).catch(() => undefined);
  },
};

/** Numbers from 0 to `below`, the same for each seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

it.each([...Object.keys(programs), 'seed 1', 'seed 2', 'seed 3'])('L10: %s loses nothing', async (name) => {
  const parent = await temporaryDirectory(onTestFinished);
  const directory = join(parent, 'out');
  await mkdir(directory);
  const random = randomOf(Number(/\d+/.exec(name)?.[0] ?? 0));
  const { context, counted } = testContext();
  const config = configOf(directory, { rotateAtBytes: 16_384 });
  const destination = createFileDestination(config, { ...context, now: Date.now });
  const sent = await deliverDuring(destination, async (nextDelivery) => {
    const names = name in programs ? [name] : Object.keys(programs);
    for (let number = 1; number <= rotations; number++) {
      for (let pause = random(3); pause >= 0; pause--) await nextDelivery();
      // Without a directory, it was moved just now.
      const newest = (await readdir(directory).catch(() => []))
        .filter((file) => file.endsWith('.ndjson'))
        .sort()
        .at(-1);
      const program = programs[names[random(names.length)] ?? name];
      if (newest !== undefined) await program?.(join(directory, newest), nextDelivery, number);
      if (random(2) === 0) await destination.reopen?.();
    }
  });
  const { ids, torn } = await eventsBelow(parent);
  expect(sent.filter((id) => !ids.has(id))).toEqual([]);
  expect(torn).toBe(0);
  expect(Object.keys(counted).join()).toContain('file_changes');
});
