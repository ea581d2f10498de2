// The event for Splunk: the ECS document as JSON, always with the same order of keys.
import type { EcsDocument } from '@xiq-siem/core';

/** Parts that use licence volume and are not useful in searches. Sent only if the configuration includes them. */
export const omittedByDefault = ['event.original', 'event.hash', 'data_stream', 'ecs'] as const;

export type OmittedPart = (typeof omittedByDefault)[number];

/** Splunk truncates long events: the fields that data models need come first, long texts and the vendor's fields last. */
const leading = ['@timestamp', 'event', 'log', 'user', 'client', 'source', 'network', 'observer'];
const trailing = ['message', 'extreme'];
const positioned = new Set([...leading, ...trailing]);

type Fields = Readonly<Record<string, unknown>>;

/** The last keys of their objects: a sender decides how long their values are. */
const isLast = (key: string): boolean => key === 'extra' || key === 'original';

/** The keys of inner objects are sorted, so that equal documents have equal bytes. */
export function eventJson(document: EcsDocument, include: ReadonlySet<OmittedPart>): string {
  // Nothing of a document of this kind was understood: without the original text, its content would arrive nowhere.
  const needsOriginal = document.event?.kind === 'pipeline_error';
  const omitted = omittedByDefault.filter(
    (part) => !include.has(part) && !(needsOriginal && part === 'event.original'),
  );
  const fields = without({ ...document }, '', omitted);
  const others = Object.keys(fields).filter((key) => !positioned.has(key));
  const inOrder: Record<string, unknown> = {};
  for (const key of [...leading, ...others.sort(), ...trailing]) {
    const value = fields[key];
    if (value === undefined) continue;
    const sent = key === 'event' && isObject(value) ? without(value, 'event.', omitted) : value;
    // Most objects are already sorted: the check is cheaper than a copy.
    inOrder[key] = isSorted(sent) ? sent : sorted(sent);
  }
  return JSON.stringify(inOrder);
}

function without(fields: Fields, prefix: string, omitted: readonly string[]): Fields {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) if (!omitted.includes(prefix + key)) kept[key] = fields[key];
  return kept;
}

function isSorted(value: unknown): boolean {
  if (!isObject(value)) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let before = '';
  for (const key of Object.keys(value)) {
    const isMisplaced = isLast(key) === isLast(before) ? key < before : isLast(before);
    if (isMisplaced || !isSorted(value[key])) return false;
    before = key;
  }
  return true;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  const inOrder = keys.some(isLast) ? [...keys.filter((key) => !isLast(key)), ...keys.filter(isLast)] : keys;
  // fromEntries treats a sender's `__proto__` like any other key.
  return Object.fromEntries(inOrder.map((key) => [key, sorted(value[key])]));
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
