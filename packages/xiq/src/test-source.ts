// For tests: a configured source, and bodies.
import type { BodyMetadata, JsonValue, Meter, NormalizedEvent, Source, StoredBody } from '@xiq-siem/core';
import type { z } from 'zod';
import { mappingSchema } from './operator/mapping-schema.ts';
import { xiqSource } from './source.ts';

const ignore = (): void => undefined;

/** 2021-11-08T12:00:00Z, after every event of the fixtures. */
export const receivedAtMs = 1_636_372_800_000;

export const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
export const agent = { id: '6f0c8c1e-0000-4000-8000-000000000000', name: 'xiq-siem-1', version: '0.1.0' };

const contextWith = (meter: Meter) => ({ name: 'xiq', agent, log: silent, meter });

export function testSource(config: object = {}, meter: Meter = { add: ignore }) {
  return xiqSource.create(xiqSource.configSchema.parse(config), contextWith(meter));
}

/** A source with an operator's mapping. */
export function mappedSource(file: z.input<typeof mappingSchema>) {
  const mapping = { version: '0123456789ab', rules: mappingSchema.parse(file) };
  return xiqSource.create(xiqSource.configSchema.parse({}), contextWith({ add: ignore }), mapping);
}

export function bodyOf(content: string | Uint8Array, metadata: Partial<BodyMetadata> = {}): StoredBody {
  return {
    sequence: 1,
    receipt: 'r1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    metadata: { source: 'xiq', origin: 'webhook', receivedAtMs, ...metadata },
    bytes: typeof content === 'string' ? Buffer.from(content) : content,
  };
}

const source = testSource();

/** The events of a body with or without a message type. */
export function eventsOf(content: string | Uint8Array, messageType?: string, of: Source = source): NormalizedEvent[] {
  return [...of.normalize(bodyOf(content, { messageType }), receivedAtMs + 5)];
}

export const eventsOfValue = (value: JsonValue | object, messageType?: string, of?: Source): NormalizedEvent[] =>
  eventsOf(JSON.stringify(value), messageType, of);
