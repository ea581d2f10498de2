// Builds a server that is not in the cache yet, once, however many ask at the same time.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheKey } from './cache.ts';
import type { Recipe } from './recipe.ts';
import { runProgram } from './run-program.ts';
import { withLock } from './with-lock.ts';

const unfinished = 'unfinished-';
const longestBuildsMs = 40 * 60_000;

export interface BuildContext {
  readonly cache: string;
  /** Told what takes long. */
  readonly log: (line: string) => void;
}

/**
 * The folder of the built server. A build happens in another folder, which gets this name when it is whole: the folder
 * is there, or the server is not built.
 * @throws TestbedError when a tool is missing or a step fails.
 */
export async function ensureBuilt<Options>(
  name: string,
  recipe: Recipe<Options>,
  { cache, log }: BuildContext,
): Promise<string> {
  const tree = join(cache, await cacheKey(name, recipe));
  if (existsSync(tree)) return tree;
  await mkdir(cache, { recursive: true });
  const onWait = () => log(`${name}: waiting for another build to end`);
  return withLock(join(cache, 'build.lock'), { waitMs: longestBuildsMs, onWait }, async () => {
    if (existsSync(tree)) return tree;
    await removeUnfinished(cache);
    const into = await mkdtemp(join(cache, unfinished));
    const started = performance.now();
    log(`${name}: building ${recipe.title} into ${tree}`);
    try {
      await recipe.build(into, runProgram);
      await rename(into, tree);
    } catch (error) {
      await rm(into, { recursive: true, force: true });
      throw error;
    }
    log(`${name}: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return tree;
  });
}

/** Only the holder of the lock builds: whatever else is unfinished was left by a builder that died. */
async function removeUnfinished(cache: string): Promise<void> {
  const left = (await readdir(cache)).filter((entry) => entry.startsWith(unfinished));
  await Promise.all(left.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}
