// Makes the ECS document of a health event, or of an element that cannot be read as one.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { AgentIdentity, JsonObject, NormalizedEvent, StoredBody } from '@xiq-siem/core';
import { ecsDocument, ecsVersion, nestFields, visibleText } from '@xiq-siem/core';
import { classifications, messageOf } from './event-table.ts';
import type { HealthEvent } from './health-event.ts';

declare module '@xiq-siem/core' {
  interface EcsDocument {
    /** Values without an ECS field. */
    readonly extreme?: JsonObject;
  }
}

export const connectorDataset = 'extreme_xiq.connector';

export interface BodyContext {
  readonly namespace: string;
  readonly agent: AgentIdentity;
  readonly body: StoredBody;
  readonly ingestedAtMs: number;
}

/** An element of the body: its number from 0, and its JSON text. */
export interface BodyElement {
  readonly index: number;
  readonly text: string;
}

export interface ElementFault {
  readonly code: 'invalid_json' | 'not_an_array' | 'too_many_elements' | 'not_a_health_event';
  readonly message: string;
}

/** Longest `event.original`, in bytes. */
const maxOriginalBytes = 262_144;

const ownTags = ['extreme_xiq', 'connector'];

/** `storedAction`: see `StoredHealthEvent`. */
export function healthDocument(
  context: BodyContext,
  element: BodyElement,
  event: HealthEvent,
  storedAction: string = event.action,
): NormalizedEvent {
  const { severity, level, kind, category, type, outcome } = classifications[event.action];
  const { action, subject, at, reason, message, attributes } = event;
  const timeMs = Date.parse(at);
  const addresses = addressesOf(attributes['refused.by_address']);
  const fields = {
    '@timestamp': at,
    'event.kind': kind,
    'event.category': category,
    'event.type': type,
    'event.outcome': event.outcome ?? outcome,
    'event.action': action,
    'event.severity': severity,
    'event.reason': reason,
    'error.message': message && visibleText(message),
    'log.level': level,
    message: visibleText(messageOf(event)),
    'source.ip': addresses?.[0],
    'related.ip': addresses,
    tags: action === 'doctor-probe' ? [...ownTags, 'synthetic'] : ownTags,
  };
  const connector = nestFields({ schema_version: event.version, subject, ...attributes });
  const key = [String(timeMs), storedAction, subject, String(element.index + 1)];
  return normalized(context, element, { key, timeMs, fields, connector });
}

/** An unreadable element is delivered as text. It has the same dataset, so routing treats both alike. */
export function faultDocument(context: BodyContext, element: BodyElement, fault: ElementFault): NormalizedEvent {
  const { index, text } = element;
  const fields = {
    'event.kind': 'pipeline_error',
    'log.level': 'error',
    message: fault.message,
    'error.code': fault.code,
    'error.message': fault.message,
    'error.type': index === 0 && fault.code !== 'not_a_health_event' ? 'UnreadableBody' : 'UnreadableElement',
  } as const;
  const key = ['text', hash('sha256', text, 'hex'), String(index + 1)];
  return normalized(context, element, { key, timeMs: context.body.metadata.receivedAtMs, fields });
}

interface EventParts {
  /** Identifies the event: its id is a hash of the key. */
  readonly key: readonly string[];
  readonly timeMs: number;
  readonly fields: Parameters<typeof ecsDocument>[0];
  readonly connector?: JsonObject;
}

function normalized(context: BodyContext, { index, text }: BodyElement, parts: EventParts): NormalizedEvent {
  const { namespace, agent, body, ingestedAtMs } = context;
  const { receivedAtMs } = body.metadata;
  const { key, timeMs, fields, connector } = parts;
  const prefixed = ['connector', ...key].map((part) => `${part.length}:${part}`).join('');
  // The first digit is the version of this formula.
  const id = `1${hash('sha256', prefixed, 'hex').slice(0, 40)}`;
  const created = new Date(receivedAtMs).toISOString();
  const bytes = Buffer.byteLength(text);
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.min(bytes, maxOriginalBytes)));
  const allFields = {
    '@timestamp': created,
    'ecs.version': ecsVersion,
    'agent.type': 'xiq-siem-connector',
    'agent.version': agent.version,
    'agent.id': agent.id,
    'agent.name': agent.name,
    'data_stream.type': 'logs',
    'data_stream.dataset': connectorDataset,
    'data_stream.namespace': namespace,
    'event.id': id,
    'event.module': 'extreme_xiq',
    'event.dataset': connectorDataset,
    'event.provider': 'xiq-siem-connector',
    'event.created': created,
    'event.ingested': new Date(Math.max(ingestedAtMs, receivedAtMs)).toISOString(),
    'event.hash': hash('sha256', text, 'hex'),
    'event.original': text.slice(0, read) || undefined,
    tags: ownTags,
    ...fields,
  };
  const xiq = {
    source: body.metadata.source,
    receipt: body.receipt,
    ...(bytes > maxOriginalBytes && { original_bytes: bytes }),
  };
  const document = ecsDocument(allFields, { extreme: connector === undefined ? { xiq } : { xiq, connector } });
  return { element: index, id, dataset: connectorDataset, timeMs, document };
}

/** IP addresses without their counts: `::ffff:192.0.2.1` is `192.0.2.1`. An address with a zone is left out. */
function addressesOf(counted: readonly string[] = []): readonly string[] | undefined {
  const addresses = counted.map((one) => one.slice(0, one.lastIndexOf('=')).replace(/^::ffff:(?=\d+\.)/i, ''));
  const valid = [...new Set(addresses)].filter((address) => isIP(address) !== 0 && !address.includes('%'));
  return valid.length > 0 ? valid : undefined;
}
