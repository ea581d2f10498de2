// What every document has: who sent it, who we are, when it came.

import type { AgentIdentity, BodyMetadata, EcsDocument, KeptBody } from '@xiq-siem/core';
import { ecsVersion } from '@xiq-siem/core';
import { datasetOf, type Family } from './message-types.ts';
import { writeTime } from './read/write-time.ts';

/** What a source's configuration puts into its documents. */
export interface FrameSettings {
  readonly agent: AgentIdentity;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Which mapping makes the documents. */
  readonly mappingVersion: string;
}

const ecs = { version: ecsVersion };

function providerOf(origin: BodyMetadata['origin']): string {
  return origin === 'rest' ? 'xiq-rest' : 'xiq-webhook';
}

/** Makes the frames of one body's documents. What is the same in all of them is one object, shared. */
export function framesOf(settings: FrameSettings, { metadata, receipt }: KeptBody, ingestedAtMs: number) {
  const { agent, namespace, labels, mappingVersion } = settings;
  const created = writeTime(metadata.receivedAtMs);
  // A clock that was set back must not make an event older at its ingestion than at its receipt.
  const ingested = writeTime(Math.max(ingestedAtMs, metadata.receivedAtMs));
  const provider = providerOf(metadata.origin);
  const isFetched = metadata.origin === 'rest';
  const ourselves = { type: 'xiq-siem-connector', version: agent.version, id: agent.id, name: agent.name };
  const hasLabels = Object.keys(labels).length > 0;
  const streams = new Map<string, { type: string; dataset: string; namespace: string }>();
  const streamOf = (dataset: string) => {
    const known = streams.get(dataset);
    if (known !== undefined) return known;
    const made = { type: 'logs', dataset, namespace };
    streams.set(dataset, made);
    return made;
  };
  return (family: Family, messageType: string, hash: string): EcsDocument => {
    const dataset = datasetOf(family);
    const frame: EcsDocument = {
      '@timestamp': created,
      ecs,
      agent: ourselves,
      data_stream: streamOf(dataset),
      event: { kind: 'event', module: 'extreme_xiq', dataset, provider, created, ingested, hash },
      observer: { vendor: 'Extreme Networks', product: 'ExtremeCloud IQ' },
      tags: isFetched ? ['forwarded', 'extreme_xiq', 'backfilled'] : ['forwarded', 'extreme_xiq'],
      extreme: { xiq: { message_type: messageType, receipt, mapping_version: mappingVersion } },
    };
    return hasLabels ? { ...frame, labels } : frame;
  };
}

export type Frames = ReturnType<typeof framesOf>;
