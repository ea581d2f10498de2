// For tests: a context that records log lines, a manual clock, mutable secrets, and batches.
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { resolve } from 'node:path';
import type { Batch, DestinationContext, FieldDefinition, LogAttributes } from '@xiq-siem/core';
import { ecsDocument, ecsFieldDefinitions, Secret } from '@xiq-siem/core';
import { type ElasticsearchConfig, elasticsearchConfig } from './config.ts';

export const noSignal = new AbortController().signal;
export const apiKey = { env: 'ES_API_KEY', optional: false };
export const keyText = 'c2VjcmV0LWtleTpzZWNyZXQtdmFsdWU=';

export const testFields: readonly FieldDefinition[] = [
  ...ecsFieldDefinitions,
  { name: 'extreme.xiq.receipt', type: 'keyword', ignoreAbove: 1024 },
  { name: 'extreme.xiq.extra', type: 'flattened' },
  { name: 'extreme.xiq.original_base64', type: 'keyword', ignoreAbove: 1024, indexed: false },
  { name: 'extreme.xiq.presence.x', type: 'double' },
];

/** The configuration with its defaults. */
export function configOf(url: string, changes: Partial<ElasticsearchConfig> = {}): ElasticsearchConfig {
  return { ...elasticsearchConfig.parse({ nodes: [url] }), ...changes };
}

/** `ca`: trusted certificate authority, PEM. The clock moves only when the test moves it. */
export function testContext(ca?: string) {
  const logged: { readonly event: string; readonly attributes: LogAttributes | undefined }[] = [];
  const write = (event: string, attributes?: LogAttributes) => void logged.push({ event, attributes });
  const clock = { nowMs: Date.parse('2026-03-01T12:00:00Z') };
  const secrets = new Map([[apiKey.env, keyText]]);
  const context: DestinationContext = {
    name: 'elastic',
    log: { debug: write, info: write, warn: write, error: write },
    meter: { add() {} },
    now: () => clock.nowMs,
    timeoutMs: 60_000,
    mayDeleteByAge: () => true,
    resolvePath: (path) => resolve(path),
    secret: (reference) => ({
      current() {
        const text = 'env' in reference ? secrets.get(reference.env) : undefined;
        return text === undefined ? [] : [new Secret(text)];
      },
    }),
    agent: (url, tls) =>
      url.protocol === 'https:'
        ? new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }), ...tls })
        : new Agent({ keepAlive: true }),
    fields: testFields,
  };
  return { context, logged, clock, secrets };
}

export interface BatchOptions {
  readonly dataset?: string;
  readonly namespace?: string;
  /** Replaces parts of the document of each event, by id. The parts need not match the field types. */
  readonly over?: Readonly<Record<string, object>>;
}

/** A batch of events with these ids. */
export function batchOf(ids: readonly string[], options: BatchOptions = {}): Batch {
  const { dataset = 'extreme_xiq.audit', namespace = 'default', over = {} } = options;
  return {
    items: ids.map((id, index) => {
      const document = ecsDocument(
        {
          '@timestamp': '2026-03-01T12:00:00.000Z',
          message: 'quotes " and \u2028 and a line\nend',
          'event.id': id,
          'event.dataset': dataset,
          'event.original': '{"id":null}',
          'data_stream.type': 'logs',
          'data_stream.dataset': dataset,
          'data_stream.namespace': namespace,
        },
        { extreme: { xiq: { receipt: `r1_${id}` } } },
      );
      return { index, id, dataset, timeMs: 0, document, json: JSON.stringify({ ...document, ...over[id] }) };
    }),
  };
}
