// Whether a document is valid by the official field list: names, shapes, types, values, and what must agree.
import { EcsFlat } from '@elastic/ecs';
import type { FieldDefinition } from '@xiq-siem/core';
import { typeFault } from './ecs-types.ts';

interface AllowedValue {
  readonly name: string;
  readonly expected_event_types?: readonly string[];
}

/** What of an entry of `EcsFlat` is looked at. */
interface EcsField {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly pattern?: string;
  readonly allowed_values?: readonly AllowedValue[];
}

const official: ReadonlyMap<string, EcsField> = new Map<string, EcsField>(Object.entries(EcsFlat));

/** Clocks differ: an event may be this far ahead of the one who received it. */
const maxAheadMs = 10 * 60_000;

type Leaves = Map<string, unknown>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Types whose value is an object: it is not walked into. */
const objectTypes: ReadonlySet<string> = new Set(['geo_point', 'flattened', 'object']);

function collect(node: Readonly<Record<string, unknown>>, path: string, own: Known, leaves: Leaves): void {
  for (const [name, value] of Object.entries(node)) {
    if (value === undefined) continue;
    const field = path === '' ? name : `${path}.${name}`;
    const type = official.get(field)?.type ?? own.get(field)?.type;
    // A field set that ECS declares as an object (`event`, `user.target`) has its fields below it.
    const isWhole = type !== undefined && objectTypes.has(type);
    if (isObject(value) && !isWhole && Object.keys(value).length > 0) collect(value, field, own, leaves);
    else leaves.set(field, value);
  }
}

type Known = ReadonlyMap<string, FieldDefinition>;

function shapeFaults(name: string, value: unknown, isArray: boolean): string[] {
  if (value === null) return [`${name}: is null, must be left out`];
  if (Array.isArray(value) !== isArray) return [`${name}: must be ${isArray ? 'an array' : 'one value, no array'}`];
  return Array.isArray(value) && value.length === 0 ? [`${name}: is an empty array, must be left out`] : [];
}

function ecsFaults(name: string, value: unknown, field: EcsField): string[] {
  const shape = shapeFaults(name, value, field.normalize.includes('array'));
  if (shape.length > 0) return shape;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    const type = typeFault(field.type, item);
    if (type !== undefined) return [`${name}: ${type}`];
    const { allowed_values: allowed, pattern } = field;
    if (allowed !== undefined && !allowed.some((known) => known.name === item)) {
      return [`${name}: ${JSON.stringify(item)} is no allowed value`];
    }
    if (pattern !== undefined && !new RegExp(pattern).test(String(item))) {
      return [`${name}: ${JSON.stringify(item)} does not match ${pattern}`];
    }
    return [];
  });
}

function ownFaults(name: string, value: unknown, own: Known): string[] {
  const field = own.get(name);
  if (field === undefined) return own.size === 0 ? [] : [`${name}: is not one of the declared own fields`];
  const shape = shapeFaults(name, value, field.array === true);
  if (shape.length > 0) return shape;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => typeFault(field.type, item) ?? []).map((fault) => `${name}: ${fault}`);
}

function leafFaults(name: string, value: unknown, own: Known): string[] {
  const field = official.get(name);
  if (name === 'labels') return labelFaults(value);
  if (field !== undefined) return ecsFaults(name, value, field);
  if (name.startsWith('extreme.xiq.') || own.has(name)) return ownFaults(name, value, own);
  return [`${name}: is no field of ECS`];
}

function labelFaults(labels: unknown): string[] {
  if (!isObject(labels)) return ['labels: must be an object'];
  return Object.entries(labels).flatMap(([name, value]) => {
    if (name === '' || name.includes('.')) return [`labels: ${JSON.stringify(name)} is no name of a label`];
    return typeof value === 'string' ? [] : [`labels.${name}: must be a text`];
  });
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Every type must be one that at least one of the categories expects; without a category there is nothing to expect. */
function eventTypeFaults(leaves: Leaves): string[] {
  const categories = texts(leaves.get('event.category'));
  if (categories.length === 0) return [];
  const expected = (official.get('event.category')?.allowed_values ?? [])
    .filter(({ name }) => categories.includes(name))
    .flatMap((category) => category.expected_event_types ?? []);
  return texts(leaves.get('event.type'))
    .filter((type) => !expected.includes(type))
    .map((type) => `event.type: ${type} is not expected of ${categories.join(', ')}`);
}

const orders: readonly (readonly [string, string, number])[] = [
  ['@timestamp', 'event.created', maxAheadMs],
  ['event.created', 'event.ingested', 0],
  ['event.start', 'event.end', 0],
];

function orderFaults(leaves: Leaves): string[] {
  return orders.flatMap(([first, second, tolerance]) => {
    const difference = Date.parse(String(leaves.get(first))) - Date.parse(String(leaves.get(second)));
    return difference > tolerance ? [`${first}: is later than ${second}`] : [];
  });
}

function agreementFaults(leaves: Leaves): string[] {
  const faults = ['@timestamp', 'ecs.version'].filter((name) => !leaves.has(name)).map((name) => `${name}: is missing`);
  if (leaves.get('event.dataset') !== leaves.get('data_stream.dataset')) {
    faults.push('event.dataset: is not the same as data_stream.dataset');
  }
  return faults;
}

/**
 * The faults of a document by the Elastic Common Schema, each `field: what is wrong`; none of a valid one. Fields below
 * `extreme.xiq` are free, unless `own` declares them: then they are held to that, and so is what it declares elsewhere.
 */
export function validateEcs(document: object, own: readonly FieldDefinition[] = []): readonly string[] {
  const known: Known = new Map(own.map((field) => [field.name, field]));
  const leaves: Leaves = new Map();
  if (isObject(document)) collect(document, '', known, leaves);
  return [
    ...[...leaves].flatMap(([name, value]) => leafFaults(name, value, known)),
    ...eventTypeFaults(leaves),
    ...agreementFaults(leaves),
    ...orderFaults(leaves),
  ];
}
