// Lists the third-party packages that the product uses at run time, from the lock file.
import { posix } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const resolved = z.record(z.string(), z.object({ version: z.string() })).default({});
const names = z.record(z.string(), z.string()).default({});
const lockFile = z.object({
  importers: z.record(z.string(), z.object({ dependencies: resolved, optionalDependencies: resolved })),
  snapshots: z.record(z.string(), z.object({ dependencies: names, optionalDependencies: names }).partial()),
});

/** `name@version`, sorted, without duplicates: dependencies of the workspace's packages, without these packages. */
export function runtimePackages(lockText: string, project: string): readonly string[] {
  const { importers, snapshots } = lockFile.parse(parse(lockText));
  const found = new Set<string>();
  const visited = new Set<string>();

  function visitPackage(name: string, version: string): void {
    // An alias is listed under its registry name.
    const key = snapshots[version] === undefined ? `${name}@${version}` : version;
    if (found.has(key)) return;
    found.add(key);
    const { dependencies, optionalDependencies } = snapshots[key] ?? {};
    for (const [other, at] of Object.entries({ ...dependencies, ...optionalDependencies })) visitPackage(other, at);
  }

  function visitProject(path: string): void {
    if (visited.has(path)) return;
    visited.add(path);
    const { dependencies = {}, optionalDependencies = {} } = importers[path] ?? {};
    for (const [name, { version }] of Object.entries({ ...dependencies, ...optionalDependencies })) {
      if (version.startsWith('link:')) visitProject(posix.join(path, version.slice('link:'.length)));
      else visitPackage(name, version);
    }
  }

  visitProject(project);
  // A version resolved with different peers is one package.
  return [...new Set([...found].map((key) => key.replace(/\(.*$/, '')))].sort();
}
