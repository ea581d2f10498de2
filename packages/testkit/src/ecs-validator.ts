// Validates a document against the official ECS field list: names, arrays, types, values and consistency.
import { EcsFlat } from '@elastic/ecs';
import type { FieldDefinition } from '@xiq-siem/core';
import { typeFault } from './ecs-types.ts';

interface AllowedValue {
  readonly name: string;
  readonly expected_event_types?: readonly string[];
}

/** The used part of an entry of `EcsFlat`. */
interface EcsField {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly pattern?: string;
  readonly allowed_values?: readonly AllowedValue[];
}

const official: ReadonlyMap<string, EcsField> = new Map<string, EcsField>(Object.entries(EcsFlat));

/** Clock difference: an event may be this much later than its receipt. */
const maxAheadMs = 10 * 60_000;

type Leaves = Map<string, unknown>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Types whose value is an object. Its members are not fields. */
const objectTypes: ReadonlySet<string> = new Set(['geo_point', 'flattened', 'object']);

function collect(node: Readonly<Record<string, unknown>>, path: string, vendorFields: Known, leaves: Leaves): void {
  for (const [name, value] of Object.entries(node)) {
    if (value === undefined) continue;
    const field = path === '' ? name : `${path}.${name}`;
    const type = official.get(field)?.type ?? vendorFields.get(field)?.type;
    // A field set (`event`, `user.target`) is not a field: its members are.
    const isWhole = type !== undefined && objectTypes.has(type);
    if (isObject(value) && !isWhole && Object.keys(value).length > 0) collect(value, field, vendorFields, leaves);
    else leaves.set(field, value);
  }
}

type Known = ReadonlyMap<string, FieldDefinition>;

function shapeFaults(name: string, value: unknown, isArray: boolean): string[] {
  if (value === null) return [`${name}: is null, must be omitted`];
  if (Array.isArray(value) !== isArray) return [`${name}: must be ${isArray ? 'an array' : 'a single value'}`];
  return Array.isArray(value) && value.length === 0 ? [`${name}: is an empty array, must be omitted`] : [];
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
      return [`${name}: ${JSON.stringify(item)} is not an allowed value`];
    }
    if (pattern !== undefined && !new RegExp(pattern).test(String(item))) {
      return [`${name}: ${JSON.stringify(item)} does not match ${pattern}`];
    }
    return [];
  });
}

function vendorFaults(name: string, value: unknown, vendorFields: Known): string[] {
  const field = vendorFields.get(name);
  if (field === undefined) return vendorFields.size === 0 ? [] : [`${name}: is not a declared vendor field`];
  const shape = shapeFaults(name, value, field.array === true);
  if (shape.length > 0) return shape;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => typeFault(field.type, item) ?? []).map((fault) => `${name}: ${fault}`);
}

function leafFaults(name: string, value: unknown, vendorFields: Known): string[] {
  const field = official.get(name);
  if (name === 'labels') return labelFaults(value);
  if (field !== undefined) return ecsFaults(name, value, field);
  if (name.startsWith('extreme.xiq.') || vendorFields.has(name)) return vendorFaults(name, value, vendorFields);
  return [`${name}: is not an ECS field`];
}

function labelFaults(labels: unknown): string[] {
  if (!isObject(labels)) return ['labels: must be an object'];
  return Object.entries(labels).flatMap(([name, value]) => {
    if (name === '' || name.includes('.')) return [`labels: ${JSON.stringify(name)} is not a valid label name`];
    return typeof value === 'string' ? [] : [`labels.${name}: must be a string`];
  });
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Every type must be expected by at least one category. Without a category, every type is valid. */
function eventTypeFaults(leaves: Leaves): string[] {
  const categories = texts(leaves.get('event.category'));
  if (categories.length === 0) return [];
  const expected = (official.get('event.category')?.allowed_values ?? [])
    .filter(({ name }) => categories.includes(name))
    .flatMap((category) => category.expected_event_types ?? []);
  return texts(leaves.get('event.type'))
    .filter((type) => !expected.includes(type))
    .map((type) => `event.type: ${type} is not expected for ${categories.join(', ')}`);
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
 * Validates a document against the Elastic Common Schema. Returns the faults as `field: problem`; empty if the document is
 * valid. `vendorFields` declares fields beside ECS. Without it, any field below `extreme.xiq` is valid.
 */
export function validateEcs(document: object, vendorFields: readonly FieldDefinition[] = []): readonly string[] {
  const known: Known = new Map(vendorFields.map((field) => [field.name, field]));
  const leaves: Leaves = new Map();
  if (isObject(document)) collect(document, '', known, leaves);
  return [
    ...[...leaves].flatMap(([name, value]) => leafFaults(name, value, known)),
    ...eventTypeFaults(leaves),
    ...agreementFaults(leaves),
    ...orderFaults(leaves),
  ];
}
