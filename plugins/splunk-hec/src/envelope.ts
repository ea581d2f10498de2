// HEC's envelope of one event. With an unknown key, HEC loses this event and all later ones, and still returns 200.
import type { BatchItem, EcsDocument } from '@xiq-siem/core';
import { eventJson, isObject, type OmittedPart } from './event-json.ts';
import type { Route } from './routes.ts';

export interface Envelope {
  readonly item: BatchItem;
  readonly route: Route;
  /** One line of JSON with its line end. */
  readonly text: string;
  readonly bytes: number;
  /** Characters of the event without the envelope. */
  readonly eventLength: number;
}

export type Envelopes = readonly Envelope[];

export function envelopeOf(item: BatchItem, route: Route, include: ReadonlySet<OmittedPart>): Envelope {
  const { observer, agent } = item.document;
  const event = eventJson(item.document, include);
  // The device that reported the event; the connector, if the event names none.
  const host = observer?.hostname || agent?.name || undefined;
  const source = route.source ?? defaultSource(item.document);
  const metadata = { host, source, sourcetype: route.sourcetype, index: route.index };
  const text = `{"time":${epochSeconds(item.timeMs)},${JSON.stringify(metadata).slice(1, -1)},"event":${event}}\n`;
  return { item, route, text, bytes: Buffer.byteLength(text), eventLength: event.length };
}

/** One value for each source of the configuration. Documents of earlier versions do not name theirs. */
function defaultSource(document: EcsDocument): string {
  let value: unknown = document;
  for (const name of ['extreme', 'xiq', 'source']) value = isObject(value) ? value[name] : undefined;
  return typeof value === 'string' ? `xiq:${value}` : 'xiq';
}

/** `1636337187.553`, without division, which would round. */
function epochSeconds(timeMs: number): string {
  const whole = Math.floor(timeMs);
  const seconds = Math.floor(whole / 1000);
  return `${seconds}.${String(whole - seconds * 1000).padStart(3, '0')}`;
}
