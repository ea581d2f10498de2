// Sends export requests to one server: headers with secrets, encoding, and the meaning of the response.
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { type AgentTls, type DestinationContext, exchange, Secret, type SecretSource } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';
import { contentTypes, encodeRequest, type SentRecord } from './otlp-encoding.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

export interface OtlpClient {
  /** Sends records as one request. An empty request only checks whether the server accepts records. */
  export(records: readonly SentRecord[], signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

const gzip = promisify(gzipCallback);

export function createOtlpClient(config: OtelLogsConfig, context: DestinationContext, tls: AgentTls): OtlpClient {
  const { protocol, maxRequestBytes, retryOn500 } = config;
  const url = new URL(config.url);
  const agent = context.agent(url, tls);
  const fixedHeaders: Record<string, string> = {
    'Content-Type': contentTypes[protocol],
    'User-Agent': 'xiq-siem-connector',
    ...(config.gzip && { 'Content-Encoding': 'gzip' }),
  };
  const secretHeaders = new Map<string, SecretSource>();
  for (const [name, value] of Object.entries(config.headers)) {
    if (typeof value === 'string') fixedHeaders[name] = value;
    else secretHeaders.set(name, context.secret(value));
  }

  async function exportRecords(records: readonly SentRecord[], signal: AbortSignal): Promise<Outcome> {
    const headers = { ...fixedHeaders };
    const secrets: Secret[] = [];
    for (const [name, source] of secretHeaders) {
      const value = source.current()[0]?.reveal() ?? '';
      if (value === '') {
        const message = `the secret of header ${name} is missing or empty`;
        return { kind: 'misconfigured', code: 'secret_unavailable', message };
      }
      headers[name] = value;
      // In `Bearer …` the secret is only the second part.
      const parts = value.split(/\s+/).filter((part) => part.length >= 8);
      secrets.push(...[value, ...parts].map((text) => new Secret(text)));
    }
    const encoded = encodeRequest(protocol, records);
    if (encoded.length > maxRequestBytes) {
      const message = `the request has ${encoded.length} bytes; maxRequestBytes is ${maxRequestBytes}`;
      return { kind: 'tooLarge', code: 'too_large', message };
    }
    const body = config.gzip ? await gzip(encoded, { level: 1 }) : encoded;
    const outcome = await exchange({ method: 'POST', url, agent, headers, body, signal });
    return outcomeOf(outcome, { nowMs: context.now(), retryOn500, secrets });
  }

  return { export: exportRecords, close: () => agent.destroy() };
}
