// HEC's envelope of one event. With an unknown key, HEC loses this event and all later ones, and still returns 200.
import type { BatchItem } from '@xiq-siem/core';
import { eventJson, type OmittedPart } from './event-json.ts';
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
  const { organization, observer } = item.document;
  const event = eventJson(item.document, include);
  const host = organization?.name || observer?.hostname || observer?.product || 'ExtremeCloud IQ';
  const metadata = { host, source: route.source, sourcetype: route.sourcetype, index: route.index };
  const text = `{"time":${epochSeconds(item.timeMs)},${JSON.stringify(metadata).slice(1, -1)},"event":${event}}\n`;
  return { item, route, text, bytes: Buffer.byteLength(text), eventLength: event.length };
}

/** `1636337187.553`, without division, which would round. */
function epochSeconds(timeMs: number): string {
  const whole = Math.floor(timeMs);
  const seconds = Math.floor(whole / 1000);
  return `${seconds}.${String(whole - seconds * 1000).padStart(3, '0')}`;
}
