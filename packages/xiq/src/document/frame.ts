// What every document has: who sent it, who we are, when it came, its original text.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { AgentIdentity, EcsDocument, JsonObject, StoredBody } from '@xiq-siem/core';
import { ecsVersion } from '@xiq-siem/core';
import { datasetOf, type Family } from '../message-types.ts';
import type { DocumentDraft } from './document-draft.ts';
import { writeTime } from './write-time.ts';

declare module '@xiq-siem/core' {
  interface EcsDocument {
    /** What ECS has no field for. */
    readonly extreme?: JsonObject;
  }
}

/** What a source's configuration puts into its documents. */
export interface FrameSettings {
  readonly agent: AgentIdentity;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Which mapping makes the documents. */
  readonly mappingVersion: string;
}

const ecs = { version: ecsVersion };

/** Makes the frames of one body's documents. What is the same in all of them is one object, shared. */
export function framesOf(settings: FrameSettings, { metadata, receipt }: StoredBody, ingestedAtMs: number) {
  const { agent, namespace, labels, mappingVersion } = settings;
  const created = writeTime(metadata.receivedAtMs);
  // A clock that was set back must not make an event older at its ingestion than at its receipt.
  const ingested = writeTime(Math.max(ingestedAtMs, metadata.receivedAtMs));
  const isFetched = metadata.origin === 'rest';
  const provider = isFetched ? 'xiq-rest' : 'xiq-webhook';
  const ourselves = { type: 'xiq-siem-connector', version: agent.version, id: agent.id, name: agent.name };
  const hasLabels = Object.keys(labels).length > 0;
  const streams = new Map<string, { type: string; dataset: string; namespace: string }>();
  const streamOf = (dataset: string) => {
    const stream = streams.get(dataset) ?? { type: 'logs', dataset, namespace };
    streams.set(dataset, stream);
    return stream;
  };
  return (family: Family, messageType: string, textHash: string): EcsDocument => {
    const dataset = datasetOf(family);
    const frame: EcsDocument = {
      '@timestamp': created,
      ecs,
      agent: ourselves,
      data_stream: streamOf(dataset),
      event: { kind: 'event', module: 'extreme_xiq', dataset, provider, created, ingested, hash: textHash },
      observer: { vendor: 'Extreme Networks', product: 'ExtremeCloud IQ' },
      tags: isFetched ? ['forwarded', 'extreme_xiq', 'backfilled'] : ['forwarded', 'extreme_xiq'],
      extreme: { xiq: { message_type: messageType, receipt, mapping_version: mappingVersion } },
    };
    return hasLabels ? { ...frame, labels } : frame;
  };
}

export type Frames = ReturnType<typeof framesOf>;

/** Bytes of text that `event.original` holds at most, and that `original_base64` does. */
export const maxOriginalBytes = 262_144;

const encoder = new TextEncoder();

interface Original {
  readonly text: string;
  readonly invalidBytes?: Uint8Array | undefined;
}

/** Integrity of the whole original, also where only a part of it is kept. */
export const originalHash = ({ text, invalidBytes }: Original): string => hash('sha256', invalidBytes ?? text, 'hex');

/** The text cut at a character, and how many bytes it had. */
function cut(text: string): { readonly kept: string; readonly bytes: number } | undefined {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= maxOriginalBytes) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOriginalBytes) return undefined;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxOriginalBytes));
  return { kept: text.slice(0, read), bytes };
}

export function setOriginal(draft: DocumentDraft, { text, invalidBytes }: Original): void {
  const shortened = cut(text);
  if (text !== '') draft.set('event.original', shortened?.kept ?? text);
  if (shortened !== undefined) draft.set('extreme.xiq.original_bytes', invalidBytes?.length ?? shortened.bytes);
  if (invalidBytes === undefined) return;
  const kept = invalidBytes.subarray(0, (maxOriginalBytes / 4) * 3);
  if (kept.length < invalidBytes.length) draft.set('extreme.xiq.original_bytes', invalidBytes.length);
  draft.set('extreme.xiq.original_base64', Buffer.from(kept).toString('base64'));
}
