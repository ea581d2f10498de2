// Creates the fields that every document has: agent, observer, times, original text.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { AgentIdentity, EcsDocument, JsonObject, StoredBody } from '@xiq-siem/core';
import { ecsVersion } from '@xiq-siem/core';
import { datasetOf, type Family } from '../message-types.ts';
import type { DocumentDraft } from './document-draft.ts';
import { writeTime } from './write-time.ts';

declare module '@xiq-siem/core' {
  interface EcsDocument {
    /** Values without an ECS field. */
    readonly extreme?: JsonObject;
  }
}

/** Document fields from the configuration of the source. */
export interface DocumentSettings {
  readonly agent: AgentIdentity;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `extreme.xiq.mapping_version`. */
  readonly mappingVersion: string;
}

const ecs = { version: ecsVersion };

/** Creates the base documents of one body. They share the objects that are equal in all of them. */
export function baseDocumentsOf(settings: DocumentSettings, { metadata, receipt }: StoredBody, ingestedAtMs: number) {
  const { agent, namespace, labels, mappingVersion } = settings;
  const created = writeTime(metadata.receivedAtMs);
  // event.ingested must not be before event.created, also if the clock was set back.
  const ingested = writeTime(Math.max(ingestedAtMs, metadata.receivedAtMs));
  const isFetched = metadata.origin === 'rest';
  const provider = isFetched ? 'xiq-rest' : 'xiq-webhook';
  const agentFields = { type: 'xiq-siem-connector', version: agent.version, id: agent.id, name: agent.name };
  const hasLabels = Object.keys(labels).length > 0;
  const streams = new Map<string, { type: string; dataset: string; namespace: string }>();
  const streamOf = (dataset: string) => {
    const stream = streams.get(dataset) ?? { type: 'logs', dataset, namespace };
    streams.set(dataset, stream);
    return stream;
  };
  return (family: Family, messageType: string, textHash: string): EcsDocument => {
    const dataset = datasetOf(family);
    const document: EcsDocument = {
      '@timestamp': created,
      ecs,
      agent: agentFields,
      data_stream: streamOf(dataset),
      event: { kind: 'event', module: 'extreme_xiq', dataset, provider, created, ingested, hash: textHash },
      observer: { vendor: 'Extreme Networks', product: 'ExtremeCloud IQ' },
      tags: isFetched ? ['forwarded', 'extreme_xiq', 'backfilled'] : ['forwarded', 'extreme_xiq'],
      extreme: { xiq: { message_type: messageType, receipt, mapping_version: mappingVersion } },
    };
    return hasLabels ? { ...document, labels } : document;
  };
}

export type BaseDocuments = ReturnType<typeof baseDocumentsOf>;

/** Longest `event.original` and longest `original_base64`, in bytes. */
export const maxOriginalBytes = 262_144;

const encoder = new TextEncoder();

interface Original {
  readonly text: string;
  readonly invalidBytes?: Uint8Array | undefined;
}

/** The hash of the complete original, also if the document has only a part of it. */
export const originalHash = ({ text, invalidBytes }: Original): string => hash('sha256', invalidBytes ?? text, 'hex');

/** The text truncated at a character, and its full length in bytes. Undefined if it is short enough. */
function truncate(text: string): { readonly start: string; readonly bytes: number } | undefined {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= maxOriginalBytes) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOriginalBytes) return undefined;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxOriginalBytes));
  return { start: text.slice(0, read), bytes };
}

export function setOriginal(draft: DocumentDraft, { text, invalidBytes }: Original): void {
  const truncated = truncate(text);
  if (text !== '') draft.setField('event.original', truncated?.start ?? text);
  if (truncated !== undefined) draft.setField('extreme.xiq.original_bytes', invalidBytes?.length ?? truncated.bytes);
  if (invalidBytes === undefined) return;
  const start = invalidBytes.subarray(0, (maxOriginalBytes / 4) * 3);
  if (start.length < invalidBytes.length) draft.setField('extreme.xiq.original_bytes', invalidBytes.length);
  draft.setField('extreme.xiq.original_base64', Buffer.from(start).toString('base64'));
}
