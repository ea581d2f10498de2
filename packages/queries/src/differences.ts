// What differs between two documents, by dotted path.
import type { EcsDocument } from '@xiq-siem/core';

export interface Difference {
  readonly path: string;
  /** Undefined: not there. */
  readonly before: unknown;
  readonly after: unknown;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lists are compared whole. `ignored` paths are passed over. */
export function differences(
  before: EcsDocument,
  after: EcsDocument,
  ignored: ReadonlySet<string>,
): readonly Difference[] {
  const found: Difference[] = [];
  const compare = (path: string, one: unknown, other: unknown): void => {
    if (ignored.has(path)) return;
    if (isObject(one) && isObject(other)) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
        compare(path === '' ? key : `${path}.${key}`, one[key], other[key]);
      }
    } else if (JSON.stringify(one) !== JSON.stringify(other)) {
      found.push({ path, before: one, after: other });
    }
  };
  compare('', before, after);
  return found;
}
