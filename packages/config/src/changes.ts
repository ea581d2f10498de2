// Compares two configurations: the changes that a reload applies, and those that need a restart.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './load.ts';
import { isRecord } from './yaml-file.ts';

export interface ConfigChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Descriptions of changes of sources and the mapping. */
  readonly sources: readonly string[];
  /** Fields that differ and need a restart. */
  readonly needsRestart: readonly string[];
}

type Raw = Configuration['raw'];

/** Keys that a reload applies. */
const reloadable: ReadonlySet<string> = new Set<keyof Raw>([
  'sources',
  'destinations',
  'mapping',
  'egress',
  'shutdownGraceMs',
  'healthEvents',
]);

export function configChanges(before: Configuration, after: Configuration): ConfigChanges {
  const oldEntries = before.raw.destinations;
  const newEntries = after.raw.destinations;
  // Another proxy or CA changes every destination.
  const isSameEgress = isDeepStrictEqual(before.raw.egress, after.raw.egress);
  const names = Object.keys(newEntries);
  return {
    added: names.filter((name) => !(name in oldEntries)),
    removed: Object.keys(oldEntries).filter((name) => !(name in newEntries)),
    changed: names.filter(
      (name) => name in oldEntries && !(isSameEgress && isDeepStrictEqual(oldEntries[name], newEntries[name])),
    ),
    sources: [
      ...changedEntries(before.raw.sources, after.raw.sources),
      ...(before.mapping?.version === after.mapping?.version ? [] : ['mapping']),
    ],
    needsRestart: differingPaths('', before.raw, after.raw).filter((path) => !reloadable.has(path.replace(/\..*/, ''))),
  };
}

function changedEntries(before: Raw['sources'], after: Raw['sources']): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    if (!(name in before)) return [`sources.${name} added`];
    if (!(name in after)) return [`sources.${name} removed`];
    return isDeepStrictEqual(before[name], after[name]) ? [] : [`sources.${name} changed`];
  });
}

/** The paths that differ, as `server.port`. */
function differingPaths(path: string, before: unknown, after: unknown): readonly string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [path];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    differingPaths(path === '' ? key : `${path}.${key}`, before[key], after[key]),
  );
}
