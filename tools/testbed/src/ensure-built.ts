// Builds a server that is not in the cache, once, also for concurrent callers.
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
  /** Called with progress messages. */
  readonly log: (line: string) => void;
}

/**
 * Returns the folder of the built server. A build uses a temporary folder, which is renamed when it is complete, so that
 * an existing folder is always a complete build.
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

/** Called with the lock: any unfinished folder was left by a build that was killed. */
async function removeUnfinished(cache: string): Promise<void> {
  const left = (await readdir(cache)).filter((entry) => entry.startsWith(unfinished));
  await Promise.all(left.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}
