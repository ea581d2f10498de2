// For tests: the destination with a fake event collector, and batches.
import { Agent } from 'node:https';
import { type Batch, type BatchItem, type EcsFields, ecsDocument, type JsonObject, Secret } from '@xiq-siem/core';
import {
  createRecordingLogger,
  createRecordingMeter,
  destinationContext,
  type HecFakeOptions,
  startHecFake,
} from '@xiq-siem/testkit';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { createSplunkHecDestination } from './splunk-hec-destination.ts';

export const noSignal = new AbortController().signal;
export const token = 'c0ffee00-canary-token-0000-splunk';
export const otherToken = 'c0ffee11-canary-token-1111-splunk';
/** By the name of their environment variable. */
export const secrets = {
  HEC_TOKEN: new Secret(token),
  OTHER_TOKEN: new Secret(otherToken),
  BROKEN_TOKEN: new Secret('canary\nHost: evil'),
};
export const timeMs = 1_636_337_187_553;

export interface FixtureOptions {
  readonly config?: Record<string, unknown>;
  /** Values that the configuration schema rejects, such as very short times. */
  readonly unchecked?: Partial<SplunkHecConfig>;
  readonly fake?: Partial<HecFakeOptions>;
  /** The clock of the destination is real. Default: it stands still. */
  readonly realTime?: boolean;
  /** Trusted certificate authority, PEM. */
  readonly ca?: string;
}

/** `atEnd`, vitest's onTestFinished, closes everything. */
export async function startFixture(atEnd: (clean: () => Promise<void>) => void, options: FixtureOptions = {}) {
  const { config = {}, unchecked = {}, fake: fakeOptions = {}, realTime = false, ca } = options;
  const fake = await startHecFake({ tokens: { [token]: {} }, ...fakeOptions });
  atEnd(fake.close);
  const log = createRecordingLogger();
  const meter = createRecordingMeter();
  const clock = { nowMs: 1_800_000_000_000 };
  const common = destinationContext({
    log,
    meter,
    name: 'splunk',
    now: realTime ? Date.now : () => clock.nowMs,
    secrets,
  });
  const context = ca === undefined ? common : { ...common, agent: () => new Agent({ keepAlive: true, ca }) };
  const parsed = splunkHecConfig.parse({ url: fake.url, token: { env: 'HEC_TOKEN' }, ...config });
  const destination = createSplunkHecDestination({ ...parsed, ...unchecked }, context);
  atEnd(async () => destination.close?.());
  return { fake, log, meter, clock, destination, idsOf: () => fake.events.map(({ event }) => idOf(event)) };
}

export interface EventOptions {
  readonly id: string;
  readonly dataset?: string;
  readonly fields?: Partial<EcsFields>;
  readonly extreme?: JsonObject;
}

/** A batch of events. A string is the id of an audit event. */
export function batchOf(...events: readonly (string | EventOptions)[]): Batch {
  return { items: events.map((event, index) => itemOf(typeof event === 'string' ? { id: event } : event, index)) };
}

function itemOf(
  { id, dataset = 'extreme_xiq.audit', fields = {}, extreme = { xiq: { source: 'acme' } } }: EventOptions,
  index: number,
): BatchItem {
  const document = ecsDocument(
    { 'event.id': id, 'event.dataset': dataset, 'agent.name': 'xiq-siem-1', message: `ümläut ${id}`, ...fields },
    { extreme },
  );
  return { index, id, dataset, timeMs, document, json: JSON.stringify(document) };
}

export function idOf(document: unknown): string {
  const { id } = eventOf(document);
  return String(id);
}

function eventOf(document: unknown): { readonly id?: unknown } {
  const isObject = typeof document === 'object' && document !== null;
  return isObject && 'event' in document && typeof document.event === 'object' ? { ...document.event } : {};
}
