// Finds the fields of a body without a mapping: their paths and types, never their values.
import type { JsonObject, JsonValue, StoredBody, UnmappedField } from '@xiq-siem/core';
import { parentsOf } from './body/divided-item.ts';
import { readBody } from './body/elements.ts';
import { isArray, isObject } from './body/json-value.ts';
import { inferType } from './infer-type.ts';
import type { Mappers } from './mappings/table.ts';
import { familyOf, noMessageType } from './message-types.ts';

/** Names in a path. */
const maxDepth = 8;
const maxFields = 1_000;
/** Values of a body that are inspected. */
const maxVisited = 20_000;

const plain = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Ids, dates, addresses, MACs, digests. Tested on the name without underscores. */
const valueLike = /\d{6}|[0-9a-f]{8}/i;

/** The name of a field, or `*` if the name may be a personal value. */
export const maskedName = (name: string): string =>
  plain.test(name) && !valueLike.test(name.replaceAll('_', '')) ? name : '*';

type ValueType = UnmappedField['type'];

function typeOf(value: JsonValue): ValueType {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

/** The progress of the inspection of a body. */
interface Walk {
  visited: number;
  yielded: number;
}

type Found = Pick<UnmappedField, 'path' | 'type'>;

/** A value and all nested values, each path and type once. */
function* walkValue(value: JsonValue, path: string, depth: number, walk: Walk, seen: Set<string>): Generator<Found> {
  if (walk.visited >= maxVisited || walk.yielded >= maxFields) return;
  walk.visited++;
  const type = typeOf(value);
  const key = `${type} ${path}`;
  if (!seen.has(key)) {
    seen.add(key);
    walk.yielded++;
    yield { path, type };
  }
  if (isArray(value)) {
    for (const item of value) yield* walkValue(item, `${path}[]`, depth, walk, seen);
  } else if (isObject(value) && depth < maxDepth) {
    for (const [name, member] of Object.entries(value)) {
      yield* walkValue(member ?? null, `${path}.${maskedName(name)}`, depth + 1, walk, seen);
    }
  }
}

function* unknownIn(object: JsonObject, knows: (name: string) => boolean, prefix: string, walk: Walk) {
  const seen = new Set<string>();
  for (const name in object) {
    if (!knows(name)) yield* walkValue(object[name] ?? null, prefix + maskedName(name), 1, walk, seen);
  }
}

/**
 * Lazily yields each path and type once for each element (or parent of observations): at most 1,000 for a body, and 8 names
 * deep. A mapped field is not included, also if its value is unreadable. An unreadable body has none. Never throws.
 */
export function* unmappedFields(mappers: Mappers, body: StoredBody): Generator<UnmappedField> {
  const read = readBody(body);
  if (read.fault !== undefined) return;
  const walk: Walk = { visited: 0, yielded: 0 };
  const parentsSeen = new WeakSet<JsonObject>();
  for (const { value, parent } of read.elements) {
    if (walk.visited >= maxVisited || walk.yielded >= maxFields) return;
    if (!isObject(value)) continue;
    const messageType = body.metadata.messageType ?? inferType(value, parent) ?? noMessageType;
    const { knows } = mappers[familyOf(messageType)];
    for (const { object } of parentsOf({ parent })) {
      if (parentsSeen.has(object)) continue;
      parentsSeen.add(object);
      for (const found of unknownIn(object, knows, '', walk)) yield { messageType, ...found };
    }
    const prefix = parent?.kind === 'observations' ? 'observations[].' : '';
    for (const found of unknownIn(value, knows, prefix, walk)) yield { messageType, ...found };
  }
}
