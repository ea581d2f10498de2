// Export requests to one server: our headers, their secrets, the encoding, and what the answer means.
import { validateHeaderValue } from 'node:http';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { AgentTls, DestinationContext, SecretSource } from '@xiq-siem/core';
import type { OtelLogsConfig } from './config.ts';
import { post } from './http-post.ts';
import { contentTypes, encodeRequest, type LogRecord } from './otlp-encoding.ts';
import { type Fault, type Outcome, outcomeOf } from './outcome.ts';

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
    ...(config.gzip ? { 'Content-Encoding': 'gzip' } : {}),
  };
  const secrets = new Map<string, SecretSource>();
  for (const [name, value] of Object.entries(config.headers)) {
    if (typeof value === 'string') fixed[name] = value;
    else secrets.set(name, context.secret(value));
  }

  return {
    async export(records, signal) {
      const headers = withSecrets(fixed, secrets);
      if ('code' in headers) return { kind: 'misconfigured', ...headers };
      const encoded = encodeRequest(protocol, records);
      if (encoded.length > maxRequestBytes) {
        const message = `${encoded.length} bytes in one request; maxRequestBytes is ${maxRequestBytes}`;
        return { kind: 'tooLarge', code: 'too_large', message };
      }
      const body = config.gzip ? await gzip(encoded, { level: 1 }) : encoded;
      const exchange = await post({ url, agent, headers: headers.all, body, signal });
      const redact = (text: string) => headers.values.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
      return outcomeOf(exchange, { nowMs: context.now(), retryOn500, redact });
    },
    close: () => agent.destroy(),
  };
}

interface Headers {
  readonly all: Readonly<Record<string, string>>;
  /** The secret ones' values. */
  readonly values: readonly string[];
}

function withSecrets(
  fixed: Readonly<Record<string, string>>,
  secrets: ReadonlyMap<string, SecretSource>,
): Headers | Fault {
  const all: Record<string, string> = { ...fixed };
  const values: string[] = [];
  for (const [name, source] of secrets) {
    const value = source.current()[0]?.reveal() ?? '';
    if (value === '') return { code: 'no_secret', message: `header ${name}: its secret is not there, or empty` };
    all[name] = value;
    // `Bearer …` holds the secret proper behind a word that means nothing.
    values.push(value, ...value.split(/\s+/).filter((part) => part.length >= 8));
  }
  for (const [name, value] of Object.entries(all)) {
    try {
      validateHeaderValue(name, value);
    } catch {
      return {
        code: 'header_invalid',
        message: `header ${name}: its value holds a line end or another control character`,
      };
    }
  }
  return { all, values };
}
