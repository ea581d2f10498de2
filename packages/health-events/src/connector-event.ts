// From one signal, or from what is none, to an event in ECS.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type AgentIdentity,
  type EcsFields,
  ecsDocument,
  ecsVersion,
  type JsonObject,
  type KeptBody,
  type NormalizedEvent,
  nestFields,
} from '@xiq-siem/core';
import type { Signal } from './signal.ts';
import { messageOf, signalTable } from './signal-table.ts';

export const connectorDataset = 'extreme_xiq.connector';

export interface ElementFault {
  readonly code: 'invalid_json' | 'not_an_array' | 'too_many_elements' | 'not_a_signal';
  readonly message: string;
}

export interface EventContext {
  readonly namespace: string;
  readonly agent: AgentIdentity;
  readonly body: KeptBody;
  readonly ingestedAtMs: number;
}

/** An element of the body: its number, and its own text. */
export interface SignalElement {
  readonly index: number;
  readonly text: string;
}

/** Bytes of text that `event.original` holds at most. */
const maxOriginalBytes = 262_144;

/** Another first digit where the formula changes. */
function idOf(...key: readonly string[]): string {
  const prefixed = ['connector', ...key].map((part) => `${part.length}:${part}`).join('');
  return `1${hash('sha256', prefixed, 'hex').slice(0, 40)}`;
}

const time = (ms: number): string => new Date(ms).toISOString();

function frame({ namespace, agent, body, ingestedAtMs }: EventContext, text: string): Partial<EcsFields> {
  const { receivedAtMs } = body.metadata;
  const shown = text.length * 3 <= maxOriginalBytes ? text : cutToBytes(text);
  return {
    '@timestamp': time(receivedAtMs),
    'ecs.version': ecsVersion,
    'agent.type': 'xiq-siem-connector',
    'agent.version': agent.version,
    'agent.id': agent.id,
    'agent.name': agent.name,
    'data_stream.type': 'logs',
    'data_stream.dataset': connectorDataset,
    'data_stream.namespace': namespace,
    'event.module': 'extreme_xiq',
    'event.dataset': connectorDataset,
    'event.provider': 'xiq-siem-connector',
    'event.created': time(receivedAtMs),
    'event.ingested': time(Math.max(ingestedAtMs, receivedAtMs)),
    'event.hash': hash('sha256', text, 'hex'),
    ...(shown !== '' && { 'event.original': shown }),
    tags: ['extreme_xiq', 'connector'],
  };
}

function cutToBytes(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxOriginalBytes));
  return text.slice(0, read);
}

function ownOf({ body: { receipt } }: EventContext, text: string, connector?: JsonObject): JsonObject {
  const bytes = Buffer.byteLength(text);
  return {
    xiq: { receipt, ...(bytes > maxOriginalBytes && { original_bytes: bytes }) },
    ...(connector !== undefined && { connector }),
  };
}

/** Whole addresses alone: `::ffff:192.0.2.1` is `192.0.2.1`, and what has a zone stays in the list by address. */
function addressesOf({ facts }: Signal): readonly string[] {
  const shown = (facts['refused.by_address'] ?? []).map((one) =>
    one.slice(0, one.lastIndexOf('=')).replace(/^::ffff:(?=\d+\.)/i, ''),
  );
  return [...new Set(shown)].filter((address) => isIP(address) !== 0 && !address.includes('%'));
}

export function signalEvent(context: EventContext, { index, text }: SignalElement, signal: Signal): NormalizedEvent {
  const { severity, level, kind, category, type, outcome } = signalTable[signal.action];
  const timeMs = Date.parse(signal.at);
  const id = idOf(String(timeMs), signal.action, signal.subject, String(index + 1));
  const addresses = addressesOf(signal);
  const said = signal.outcome ?? outcome;
  const framed = frame(context, text);
  const document = ecsDocument(
    {
      ...framed,
      '@timestamp': time(timeMs),
      'event.id': id,
      'event.kind': kind,
      ...(category !== undefined && { 'event.category': category }),
      'event.type': type,
      ...(said !== undefined && { 'event.outcome': said }),
      'event.action': signal.action,
      'event.severity': severity,
      ...(signal.reason !== undefined && { 'event.reason': signal.reason }),
      ...(signal.words !== undefined && { 'error.message': signal.words }),
      'log.level': level,
      message: messageOf(signal),
      ...(addresses[0] !== undefined && { 'source.ip': addresses[0], 'related.ip': addresses }),
      ...(signal.action === 'doctor-probe' && { tags: [...(framed.tags ?? []), 'synthetic'] }),
    },
    ownOf(context, text, nestFields({ signal_version: signal.version, subject: signal.subject, ...signal.facts })),
  );
  return { element: index, id, dataset: connectorDataset, timeMs, document };
}

/** What cannot be read is delivered whole, in the same data set, so that whoever wants no signals gets none of these. */
export function faultEvent(
  context: EventContext,
  { index, text }: SignalElement,
  fault: ElementFault,
): NormalizedEvent {
  const framed = frame(context, text);
  const id = idOf('text', hash('sha256', text, 'hex'), String(index + 1));
  const document = ecsDocument(
    {
      ...framed,
      'event.id': id,
      'event.kind': 'pipeline_error',
      'log.level': 'error',
      message: fault.message,
      'error.code': fault.code,
      'error.message': fault.message,
      'error.type': index === 0 && fault.code !== 'not_a_signal' ? 'UnreadableBody' : 'UnreadableElement',
    },
    ownOf(context, text),
  );
  return { element: index, id, dataset: connectorDataset, timeMs: context.body.metadata.receivedAtMs, document };
}
