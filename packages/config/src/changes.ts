// What differs between two configurations: what a running connector applies, and what waits for its next start.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './load.ts';
import { isRecord } from './yaml-file.ts';

export interface ConfigChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Sources and mapping are applied whole. */
  readonly sources: readonly string[];
  /** Fields that differ and cannot change while it runs. */
  readonly needsRestart: readonly string[];
}

type Raw = Configuration['raw'];

/** Every other key holds from the start to the end. `signals` and `shutdownGraceMs` are read when they are used. */
const changeable: ReadonlySet<string> = new Set<keyof Raw>([
  'sources',
  'destinations',
  'mapping',
  'egress',
  'shutdownGraceMs',
  'healthEvents',
]);

export function configChanges(before: Configuration, after: Configuration): ConfigChanges {
  const one = before.raw.destinations;
  const other = after.raw.destinations;
  // What reaches the other side by another way is reached anew.
  const egress = isDeepStrictEqual(before.raw.egress, after.raw.egress);
  const names = Object.keys(other);
  return {
    added: names.filter((name) => !(name in one)),
    removed: Object.keys(one).filter((name) => !(name in other)),
    changed: names.filter((name) => name in one && !(egress && isDeepStrictEqual(one[name], other[name]))),
    sources: [
      ...changedEntries(before.raw.sources, after.raw.sources),
      ...(before.mapping?.version === after.mapping?.version ? [] : ['mapping']),
    ],
    needsRestart: differing('', before.raw, after.raw).filter((path) => !changeable.has(path.replace(/\..*/, ''))),
  };
}

function changedEntries(before: Raw['sources'], after: Raw['sources']): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    if (!(name in before)) return [`sources.${name} added`];
    if (!(name in after)) return [`sources.${name} removed`];
    return isDeepStrictEqual(before[name], after[name]) ? [] : [`sources.${name} changed`];
  });
}

/** The dotted paths that differ. */
function differing(path: string, before: unknown, after: unknown): readonly string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [path];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    differing(path === '' ? key : `${path}.${key}`, before[key], after[key]),
  );
}
