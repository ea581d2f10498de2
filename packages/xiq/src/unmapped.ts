// The fields of a body that no mapping knows: where they stand and what they are, never what they hold.
import type { JsonObject, JsonValue, StoredBody, UnmappedField } from '@xiq-siem/core';
import { isArray, isObject, readBody } from './body/elements.ts';
import { inferType } from './infer-type.ts';
import type { Mappers } from './mappings/table.ts';
import { familyOf, noMessageType } from './message-types.ts';

/** Names in a path. */
const maxDepth = 8;
const maxFields = 1_000;
/** Values that are looked at for them. */
const maxLooked = 20_000;

const plain = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Numbers of people and things, dates, addresses, MACs, digests: by what is left without underscores. */
const valueLike = /\d{6}|[0-9a-f]{8}/i;

/** The name of a field, or `*` where it could be a value of somebody's. A letter, digit or underscore is all that a name of a field needs. */
export const shapeName = (name: string): string =>
  plain.test(name) && !valueLike.test(name.replaceAll('_', '')) ? name : '*';

type ValueType = UnmappedField['type'];

function typeOf(value: JsonValue): ValueType {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

/** A walk through a body; what it may still look at and give. */
interface Walk {
  looked: number;
  given: number;
}

type Found = Pick<UnmappedField, 'path' | 'type'>;

/** A value and all within it, each path and type once. */
function* walked(value: JsonValue, path: string, depth: number, walk: Walk, met: Set<string>): Generator<Found> {
  if (walk.looked >= maxLooked || walk.given >= maxFields) return;
  walk.looked++;
  const type = typeOf(value);
  const fact = `${type} ${path}`;
  if (!met.has(fact)) {
    met.add(fact);
    walk.given++;
    yield { path, type };
  }
  if (isArray(value)) {
    for (const item of value) yield* walked(item, `${path}[]`, depth, walk, met);
  } else if (isObject(value) && depth < maxDepth) {
    for (const [name, member] of Object.entries(value)) {
      yield* walked(member ?? null, `${path}.${shapeName(name)}`, depth + 1, walk, met);
    }
  }
}

function* unknownIn(object: JsonObject, knows: (name: string) => boolean, prefix: string, walk: Walk) {
  const met = new Set<string>();
  for (const name in object) {
    if (!knows(name)) yield* walked(object[name] ?? null, prefix + shapeName(name), 1, walk, met);
  }
}

/**
 * Lazily, a path and type once for each element (or what it is an observation of) that has it: at most 1,000 of a body,
 * 8 names deep. A field that a mapping knows is none of them, also where its value could not be read. A body that cannot
 * be read has none. Never throws.
 */
export function* unmappedFields(mappers: Mappers, body: StoredBody): Generator<UnmappedField> {
  const read = readBody(body);
  if (read.fault !== undefined) return;
  const walk: Walk = { looked: 0, given: 0 };
  let lastParent: JsonObject | undefined;
  for (const { value, parent } of read.elements) {
    if (walk.looked >= maxLooked || walk.given >= maxFields) return;
    if (!isObject(value)) continue;
    const messageType = body.metadata.messageType ?? inferType(value, parent?.object) ?? noMessageType;
    const { knows } = mappers[familyOf(messageType)];
    if (parent !== undefined && parent.object !== lastParent) {
      lastParent = parent.object;
      for (const found of unknownIn(parent.object, knows, '', walk)) yield { messageType, ...found };
    }
    const prefix = parent === undefined ? '' : 'observations[].';
    for (const found of unknownIn(value, knows, prefix, walk)) yield { messageType, ...found };
  }
}
