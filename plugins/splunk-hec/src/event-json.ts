// The event that Splunk is sent: the ECS document as JSON, always with its keys in the same order.
import type { EcsDocument } from '@xiq-siem/core';

/** What costs licence volume and tells a search nothing: sent only where the configuration names it. */
export const omittedByDefault = ['event.original', 'event.hash', 'data_stream', 'ecs'] as const;

export type OmittedPart = (typeof omittedByDefault)[number];

/** Splunk cuts at the end: what searches need most comes first, the vendor's own fields last. */
const leading = ['@timestamp', 'message', 'event', 'log', 'user', 'client', 'source', 'network', 'observer'];
const trailing = ['extreme'];
const placed = new Set([...leading, ...trailing]);

type Fields = Readonly<Record<string, unknown>>;

/** Keys of every object are sorted but for the document's own, so that equal documents give equal bytes. */
export function eventJson(document: EcsDocument, include: ReadonlySet<OmittedPart>): string {
  const omitted = omittedByDefault.filter((part) => !include.has(part));
  const fields = without({ ...document }, '', omitted);
  const others = Object.keys(fields).filter((key) => !placed.has(key));
  const inOrder: Record<string, unknown> = {};
  for (const key of [...leading, ...others.sort(), ...trailing]) {
    const value = fields[key];
    if (value === undefined) continue;
    const sent = key === 'event' && isObject(value) ? without(value, 'event.', omitted) : value;
    // Most are sorted as they come: looking costs less than making them anew.
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
    if (key < before || !isSorted(value[key])) return false;
    before = key;
  }
  return true;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  // By entries, so that a sender's `__proto__` is a key like any other.
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
