// The shape set `gaps`: fields that are missing or hold a placeholder.
import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import type { Random } from '../random.ts';

const share = 0.12;

export function withGaps(fields: JsonObject, random: Random): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): (readonly [string, Json])[] => {
      // The number of events of an element stays.
      if (name === 'observations' && isArray(value)) {
        return [[name, value.map((item) => (isObject(item) ? withGaps(item, random) : item))]];
      }
      if (!random.chance(share)) return [[name, value]];
      return random.chance(0.4) ? [] : [[name, random.pick(placeholdersOf(name, value))]];
    }),
  );
}

function placeholdersOf(name: string, value: Json): readonly Json[] {
  if (/(?:^|_)ip(?:_|v|$)/.test(name)) return ['0.0.0.0', '', null];
  if (typeof value === 'number' || typeof value === 'bigint') return [-1, 0, '-1', null];
  return typeof value === 'string' ? ['', 'null', null] : [null];
}
