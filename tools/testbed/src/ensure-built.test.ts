import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureBuilt } from './ensure-built.ts';
import type { Recipe } from './recipe.ts';

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ensure-built-'));
  cache = join(folder, 'cache');
  writeFileSync(join(folder, 'source'), 'one');
});
afterEach(() => rmSync(folder, { recursive: true }));

function recipe(build: Recipe<object>['build']): Recipe<object> {
  const launch = () => Promise.reject(new Error('nothing is started here'));
  return { title: 'A server', version: '1', byHand: false, sources: [join(folder, 'source')], build, launch };
}

const context = () => ({ cache, log: () => {} });
const built = () => readdirSync(cache).filter((entry) => entry !== 'build.lock');

it('builds once for concurrent callers', async () => {
  let builds = 0;
  const once = recipe(async (into, run) => {
    builds += 1;
    await run('/bin/sh', ['-c', 'echo whole > server'], { cwd: into });
  });
  const trees = await Promise.all([1, 2, 3, 4].map(() => ensureBuilt('a', once, context())));
  expect(builds).toBe(1);
  expect(new Set(trees).size).toBe(1);
  expect(readFileSync(join(trees[0] ?? '', 'server'), 'utf8')).toBe('whole\n');
});

it('builds again when a source changes', async () => {
  const any = recipe(async () => {});
  const first = await ensureBuilt('a', any, context());
  writeFileSync(join(folder, 'source'), 'two');
  expect(await ensureBuilt('a', any, context())).not.toBe(first);
});

it('leaves nothing of a failed build, reports the output of the failed program, and builds the next time', async () => {
  const failing = recipe(async (into, run) => {
    await run('/bin/sh', ['-c', 'echo half > server; echo no such module; exit 3'], { cwd: into });
  });
  await expect(ensureBuilt('a', failing, context())).rejects.toThrow(/code 3:\nno such module/);
  expect(built()).toEqual([]);
  const tree = await ensureBuilt(
    'a',
    recipe(async () => {}),
    context(),
  );
  expect(existsSync(tree)).toBe(true);
});

it('never uses the folder of a build that was killed', async () => {
  mkdirSync(join(cache, 'unfinished-of-the-dead'), { recursive: true });
  const tree = await ensureBuilt(
    'a',
    recipe(async () => {}),
    context(),
  );
  expect(built().map((entry) => join(cache, entry))).toEqual([tree]);
});
