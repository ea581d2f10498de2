// Export requests to one server: our headers, their secrets, the encoding, and what the answer means.
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { type AgentTls, type DestinationContext, exchange, Secret, type SecretSource } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';
import { contentTypes, encodeRequest, type LogRecord } from './otlp-encoding.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

export interface OtlpClient {
  /** Sends records as one request; none at all asks only whether the server would take some. */
  export(records: readonly LogRecord[], signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

const gzip = promisify(gzipCallback);

export function createOtlpClient(config: OtelLogsConfig, context: DestinationContext, tls: AgentTls): OtlpClient {
  const { protocol, maxRequestBytes, retryOn500 } = config;
  const url = new URL(config.url);
  const agent = context.agent(url, tls);
  const fixed: Record<string, string> = {
    'Content-Type': contentTypes[protocol],
    'User-Agent': 'xiq-siem-connector',
    ...(config.gzip && { 'Content-Encoding': 'gzip' }),
  };
  const sources = new Map<string, SecretSource>();
  for (const [name, value] of Object.entries(config.headers)) {
    if (typeof value === 'string') fixed[name] = value;
    else sources.set(name, context.secret(value));
  }

  return {
    async export(records, signal) {
      const headers = { ...fixed };
      const secrets: Secret[] = [];
      for (const [name, source] of sources) {
        const value = source.current()[0]?.reveal() ?? '';
        if (value === '') {
          const message = `header ${name}: its secret is not there, or empty`;
          return { kind: 'misconfigured', code: 'no_secret', message };
        }
        headers[name] = value;
        // `Bearer …` holds the secret proper behind a word that means nothing.
        const parts = value.split(/\s+/).filter((part) => part.length >= 8);
        secrets.push(...[value, ...parts].map((text) => new Secret(text)));
      }
      const encoded = encodeRequest(protocol, records);
      if (encoded.length > maxRequestBytes) {
        const message = `${encoded.length} bytes in one request; maxRequestBytes is ${maxRequestBytes}`;
        return { kind: 'tooLarge', code: 'too_large', message };
      }
      const body = config.gzip ? await gzip(encoded, { level: 1 }) : encoded;
      const outcome = await exchange({ method: 'POST', url, agent, headers, body, signal });
      return outcomeOf(outcome, { nowMs: context.now(), retryOn500, secrets });
    },
    close: () => agent.destroy(),
  };
}
