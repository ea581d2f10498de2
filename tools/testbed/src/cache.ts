// The cache of built servers: outside the source tree, shared by all checkouts.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Recipe } from './recipe.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** XIQ_TESTBED_CACHE, else xiq-siem-testbed in the user's cache folder. */
export function cacheDirectory(environment: Environment): string {
  const { XIQ_TESTBED_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  return own || join(shared || join(homedir(), '.cache'), 'xiq-siem-testbed');
}

/** The name of a built server's folder in the cache; it changes with the server's sources. */
export async function cacheKey(name: string, recipe: Pick<Recipe<never>, 'version' | 'sources'>): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const source of recipe.sources) {
    for (const path of await filesOf(source)) hash.update(`${basename(path)}\n`).update(await readFile(path));
  }
  return `${name}-${recipe.version}-${hash.digest('hex').slice(0, 12)}`;
}

async function filesOf(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort();
}
