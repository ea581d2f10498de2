// Creates the fields that every document has: agent, observer, times, original text.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { AgentIdentity, JsonObject, Organization, StoredBody } from '@xiq-siem/core';
import { ecsVersion } from '@xiq-siem/core';
import { datasetOf, type Family } from '../message-types.ts';
import { DocumentDraft } from './document-draft.ts';
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
  /** The name of the source, `extreme.xiq.source`. */
  readonly source: string;
  /** For events that do not name it. */
  readonly organization: () => Organization;
  /** `extreme.xiq.mapping_version`. */
  readonly mappingVersion: string;
}

/** By the settings, then by family and message type: the fields that do not depend on the body. */
const templates = new WeakMap<DocumentSettings, Map<string, DocumentDraft>>();

function templateOf(settings: DocumentSettings, family: Family, messageType: string): DocumentDraft {
  const ofSettings = templates.get(settings) ?? new Map<string, DocumentDraft>();
  templates.set(settings, ofSettings);
  const key = `${family} ${messageType}`;
  const template = ofSettings.get(key) ?? newTemplate(settings, family, messageType);
  if (ofSettings.size < maxTemplates) ofSettings.set(key, template);
  return template;
}

/** Message types come from URLs of authenticated requests, so their number is not limited. */
const maxTemplates = 100;

function newTemplate(settings: DocumentSettings, family: Family, messageType: string): DocumentDraft {
  const { agent, namespace, labels, mappingVersion, source } = settings;
  const draft = new DocumentDraft();
  const dataset = datasetOf(family);
  // Each body replaces it. Here, so that it stands before the other top-level fields.
  draft.setField('@timestamp', '');
  draft.setField('ecs.version', ecsVersion);
  draft.setField('agent.type', 'xiq-siem-connector');
  draft.setField('agent.version', agent.version);
  draft.setField('agent.id', agent.id);
  draft.setField('agent.name', agent.name);
  draft.setField('data_stream.type', 'logs');
  draft.setField('data_stream.dataset', dataset);
  draft.setField('data_stream.namespace', namespace);
  draft.setField('event.kind', 'event');
  draft.setField('event.module', 'extreme_xiq');
  draft.setField('event.dataset', dataset);
  draft.setField('observer.vendor', 'Extreme Networks');
  draft.setField('observer.product', 'ExtremeCloud IQ');
  for (const tag of ['forwarded', 'extreme_xiq']) draft.addToList('tags', tag);
  if (Object.keys(labels).length > 0) draft.setField('labels', labels);
  draft.setField('extreme.xiq.source', source);
  draft.setField('extreme.xiq.message_type', messageType);
  draft.setField('extreme.xiq.mapping_version', mappingVersion);
  return draft;
}

/** Drafts with the fields that every document of one body has. */
export function baseDraftsOf(settings: DocumentSettings, { metadata, receipt }: StoredBody, ingestedAtMs: number) {
  const { origin, receivedAtMs } = metadata;
  const created = writeTime(receivedAtMs);
  // Not before event.created, also if the clock was set back.
  const ingested = writeTime(Math.max(ingestedAtMs, receivedAtMs));
  // Most bodies have one family and message type.
  let last: { readonly family: Family; readonly messageType: string; readonly draft: DocumentDraft } | undefined;

  return (family: Family, messageType: string): DocumentDraft => {
    if (last?.family === family && last.messageType === messageType) return last.draft.copy();
    const draft = templateOf(settings, family, messageType).copy();
    draft.setField('@timestamp', created);
    draft.setField('event.provider', origin === 'rest' ? 'xiq-rest' : 'xiq-webhook');
    draft.setField('event.created', created);
    draft.setField('event.ingested', ingested);
    if (origin === 'rest') draft.addToList('tags', 'backfilled');
    draft.setField('extreme.xiq.receipt', receipt);
    last = { family, messageType, draft };
    return draft.copy();
  };
}

/**
 * Sets what the event itself (`named`) does not say of its organization. An event of another organization gets nothing of
 * this one.
 */
export function completeOrganization(draft: DocumentDraft, { id, name }: Organization, named: Organization = {}): void {
  if (named.id === undefined && (named.name === undefined || named.name === name)) {
    draft.setField('organization.id', id);
    draft.setField('cloud.account.id', id);
  }
  if (named.name === undefined && (named.id === undefined || named.id === id)) {
    draft.setField('organization.name', name);
    draft.setField('cloud.account.name', name);
  }
}

export type BaseDrafts = ReturnType<typeof baseDraftsOf>;

/** Longest `event.original` and longest `original_base64`, in bytes. */
export const maxOriginalBytes = 262_144;

const encoder = new TextEncoder();

interface Original {
  readonly text: string;
  /** Set if they are not the text in UTF-8. */
  readonly originalBytes?: Uint8Array | undefined;
}

/** The hash of the complete original, also if the document has only a part of it. */
export const originalHash = ({ text, originalBytes }: Original): string => hash('sha256', originalBytes ?? text, 'hex');

/** The text truncated at a character, and its full length in bytes. Undefined if it is short enough. */
function truncate(text: string): { readonly start: string; readonly bytes: number } | undefined {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= maxOriginalBytes) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOriginalBytes) return undefined;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxOriginalBytes));
  return { start: text.slice(0, read), bytes };
}

export function setOriginal(draft: DocumentDraft, { text, originalBytes }: Original): void {
  const truncated = truncate(text);
  if (text !== '') draft.setField('event.original', truncated?.start ?? text);
  if (truncated !== undefined) draft.setField('extreme.xiq.original_bytes', originalBytes?.length ?? truncated.bytes);
  if (originalBytes === undefined) return;
  const start = originalBytes.subarray(0, (maxOriginalBytes / 4) * 3);
  if (start.length < originalBytes.length) draft.setField('extreme.xiq.original_bytes', originalBytes.length);
  draft.setField('extreme.xiq.original_base64', Buffer.from(start).toString('base64'));
}
