// The event that Splunk is sent: the ECS document as JSON, always with its keys in the same order.
import type { EcsDocument } from '@xiq-siem/core';

/** What costs licence volume and tells a search nothing: sent only where the configuration names it. */
export const omittedByDefault = ['event.original', 'event.hash', 'data_stream', 'ecs'] as const;

export type OmittedPart = (typeof omittedByDefault)[number];

/** Splunk cuts at the end: what searches need most comes first, the vendor's own fields last. */
const leading = ['@timestamp', 'message', 'event', 'log', 'user', 'client', 'source', 'network', 'observer'];
const trailing = ['extreme'];

/** Keys of every object are sorted but for the document's own, so that equal documents give equal bytes. */
export function eventJson(document: EcsDocument, include: ReadonlySet<OmittedPart>): string {
  const fields: Readonly<Record<string, unknown>> = { ...document };
  const isTopLevel = (key: string) => !leading.includes(key) && !trailing.includes(key);
  const keys = [...leading, ...Object.keys(fields).filter(isTopLevel).sort(), ...trailing];
  const members: string[] = [];
  for (const key of keys) {
    if (fields[key] === undefined || isOmitted(key, include)) continue;
    const value = key === 'event' ? withoutOmitted(fields[key], include) : fields[key];
    members.push(`${JSON.stringify(key)}:${JSON.stringify(sorted(value))}`);
  }
  return `{${members.join(',')}}`;
}

function isOmitted(path: string, include: ReadonlySet<OmittedPart>): boolean {
  return omittedByDefault.some((part) => part === path && !include.has(part));
}

function withoutOmitted(event: unknown, include: ReadonlySet<OmittedPart>): unknown {
  if (!isObject(event)) return event;
  return Object.fromEntries(Object.entries(event).filter(([key]) => !isOmitted(`event.${key}`, include)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.some(isObject) ? value.map(sorted) : value;
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  // A null prototype, so that a sender's `__proto__` is a key like any other.
  const inOrder: Record<string, unknown> = Object.create(null);
  for (const key of keys) inOrder[key] = sorted(value[key]);
  return inOrder;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
