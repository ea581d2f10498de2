// For tests: the context of the destination, with a manual clock, and batches.
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import {
  type AgentTls,
  type Batch,
  type DestinationContext,
  type EcsDocument,
  ecsDocument,
  ecsFieldDefinitions,
  type LogAttributes,
  type Secret,
} from '@xiq-siem/core';
import { otelLogsConfig } from './config.ts';
import { otelLogsDestination } from './otel-logs-destination.ts';

export const noSignal = new AbortController().signal;
export const startMs = Date.parse('2026-03-01T12:00:00Z');

export interface TestContextOptions {
  /** By the name of their environment variable. */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /** Trusted certificate authority, PEM. */
  readonly ca?: string;
}

export function testContext({ secrets = {}, ca }: TestContextOptions = {}) {
  const logged: { readonly event: string; readonly attributes: LogAttributes | undefined }[] = [];
  const write = (event: string, attributes?: LogAttributes) => void logged.push({ event, attributes });
  const clock = { nowMs: startMs };
  const context: DestinationContext = {
    name: 'otel',
    log: { debug: write, info: write, warn: write, error: write },
    meter: { add: () => {} },
    now: () => clock.nowMs,
    timeoutMs: 60_000,
    mayDeleteByAge: () => true,
    resolvePath: (path) => path,
    fields: [
      ...ecsFieldDefinitions,
      { name: 'extreme.xiq.extra', type: 'flattened' },
      { name: 'extreme.xiq.audit.category_id', type: 'long' },
      { name: 'extreme.xiq.presence.rssi', type: 'double' },
    ],
    secret: (reference) => ({
      current: () => {
        const secret = 'env' in reference ? secrets[reference.env] : undefined;
        return secret === undefined ? [] : [secret];
      },
    }),
    agent: (url: URL, tls: AgentTls = {}) =>
      url.protocol === 'https:'
        ? new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }), ...tls })
        : new Agent({ keepAlive: true }),
  };
  return { context, logged, clock };
}

/** A destination with the default configuration and the values of `config`. */
export async function destinationAt(url: string, config: object = {}, options: TestContextOptions = {}) {
  const { context, ...fixture } = testContext(options);
  const destination = await otelLogsDestination.create(otelLogsConfig.parse({ url, ...config }), context);
  return { ...fixture, destination };
}

/** Events with these ids. */
export function batchOf(ids: readonly string[], message = 'Logged in'): Batch {
  return batchOfDocuments(
    ids.map((id) =>
      ecsDocument({ 'event.id': id, 'event.dataset': 'extreme_xiq.audit', 'log.level': 'info', message }),
    ),
  );
}

export function batchOfDocuments(documents: readonly EcsDocument[]): Batch {
  return {
    items: documents.map((document, index) => ({
      index,
      id: document.event?.id ?? '',
      dataset: document.event?.dataset ?? 'extreme_xiq.audit',
      timeMs: Date.parse(document['@timestamp'] ?? '2021-11-08T02:06:27.553Z'),
      document,
      json: JSON.stringify(document),
    })),
  };
}

export function manyIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `id-${index}`);
}

/** The document of one audit event, as in facts/siem.md §4.4. */
export const auditDocument: EcsDocument = ecsDocument(
  {
    '@timestamp': '2021-11-08T02:06:27.553Z',
    'ecs.version': '9.4.0',
    message: 'Logged in \ud83d\ude80',
    tags: ['forwarded', 'extreme_xiq'],
    'agent.type': 'xiq-siem-connector',
    'agent.version': '0.1.0',
    'agent.id': '6f0c8c1e-0000-4000-8000-000000000000',
    'agent.name': 'xiq-siem-1',
    'data_stream.type': 'logs',
    'data_stream.dataset': 'extreme_xiq.audit',
    'data_stream.namespace': 'default',
    'log.level': 'info',
    'event.kind': 'event',
    'event.category': ['authentication'],
    'event.type': ['start'],
    'event.outcome': 'success',
    'event.action': 'admin-login',
    'event.code': '10001',
    'event.module': 'extreme_xiq',
    'event.dataset': 'extreme_xiq.audit',
    'event.id': '16e3176d3ac37eb42cfcae0830b6335169627cefc',
    'event.created': '2021-11-08T02:06:28.010Z',
    'event.original': '{"code":10001}',
    'event.duration': 9_100_000_000_000_000,
    'client.geo.location': { lat: 52.5, lon: -13.4 },
    'network.protocol': 'https',
    'user.id': '6553',
    'user.name': 'user@example.com',
    'organization.id': '1091',
    'organization.name': 'EXAMPLE-VHM',
    'cloud.account.id': '1091',
  },
  {
    extreme: {
      xiq: {
        owner_id: '1091',
        message_type: 'AUDIT_LOG_ALL',
        audit: { category_id: 1, category_derived: true },
        extra: { site: 'Berlin', deep: { a: [1, null, { b: 'c' }] } },
      },
    },
  },
);
