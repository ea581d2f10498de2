// Reads the old names of renamed configuration keys and values for one release.
import type { ConfigFault, FieldPath, Finding } from './faults.ts';
import { isRecord, type YamlFile } from './yaml-file.ts';

const keys: ReadonlyMap<string, string> = new Map([['signals', 'healthEvents']]);

/** Of each destination. */
const values = [{ key: 'whenFull', old: 'letGo', current: 'evict' }] as const;

export interface CurrentNames {
  /** The content of the file under the current names. */
  readonly value: unknown;
  readonly faults: readonly Finding[];
  /** The old names in the file. */
  readonly renamed: readonly ConfigFault[];
  /** As `locate` of the file, for a path of the current names. */
  locate(finding: Finding): ConfigFault;
}

export function withCurrentNames({ value, locate }: Pick<YamlFile, 'value' | 'locate'>): CurrentNames {
  if (!isRecord(value)) return { value, faults: [], renamed: [], locate };
  const faults: Finding[] = [];
  const renamed: ConfigFault[] = [];
  const writtenKeys = new Map<PropertyKey, string>();

  const advise = (path: FieldPath, old: string, current: string): void => {
    const message = `\`${old}\` was renamed to \`${current}\`: rename it; the old name will be refused in the next release`;
    renamed.push(locate({ path, message }));
  };

  const destinationOf = (name: string, entry: unknown): unknown => {
    if (!isRecord(entry)) return entry;
    const found = values.filter(({ key, old }) => entry[key] === old);
    for (const { key, old, current } of found) {
      advise(['destinations', name, key], `${key}: ${old}`, `${key}: ${current}`);
    }
    return { ...entry, ...Object.fromEntries(found.map(({ key, current }) => [key, current])) };
  };

  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === 'destinations' && isRecord(inner)) {
      return [[key, Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, destinationOf(name, one)]))]];
    }
    const current = keys.get(key);
    if (current === undefined) return [[key, inner]];
    if (Object.hasOwn(value, current)) {
      faults.push({ path: [key], message: `the old name of \`${current}\`, which is also set: remove \`${key}\`` });
      return [];
    }
    advise([key], key, current);
    writtenKeys.set(current, key);
    return [[current, inner]];
  });

  return {
    value: Object.fromEntries(entries),
    faults,
    renamed,
    locate: ({ path, message }) =>
      locate({ path: path.map((part, depth) => (depth === 0 ? (writtenKeys.get(part) ?? part) : part)), message }),
  };
}
