// Sends metrics by OTLP through the configured agent, and counts and logs the result. Loaded with the SDK only.
import type { Agent } from 'node:http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Logger, Meter, SecretSource } from '@xiq-siem/core';
import type { telemetryMetrics } from './counters.ts';

export interface OtlpOptions {
  readonly url: URL;
  /** Read for each request. A header without a value is left out. */
  readonly headers: Readonly<Record<string, SecretSource>>;
  readonly intervalSeconds: number;
  /**
   * For one export including its retries (after 1 s, 1.5 s and so on). After a failed export the next interval sends
   * current values.
   */
  readonly timeoutMs?: number;
  /** With the configured proxy and certificate authorities; destroyed at the end. */
  readonly agent: Agent;
}

export interface OtlpServices {
  readonly log: Logger;
  readonly meter: Meter<keyof typeof telemetryMetrics>;
}

const succeeded = 0;

export function otlpExporter(
  { url, headers, agent, timeoutMs = 5_000 }: OtlpOptions,
  { log, meter }: OtlpServices,
): PushMetricExporter {
  const exporter = new OTLPMetricExporter({
    url: url.href,
    headers: async () => valuesOf(headers),
    httpAgentOptions: () => agent,
    timeoutMillis: timeoutMs,
    concurrencyLimit: 1,
  });
  // Without the query, which may contain a token.
  const loggedUrl = url.origin + url.pathname;
  return {
    export(metrics, done) {
      exporter.export(metrics, (result) => {
        const code = result.code === succeeded ? 'ok' : codeOf(result.error);
        meter.add('xiq_siem.telemetry.exports', 1, { result: code });
        if (code !== 'ok') log.warn('telemetry.export_failed', { code, url: loggedUrl, advice: adviceOn(code) });
        // The failure is logged above. The SDK would pass it to a process-wide handler.
        done({ code: succeeded });
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function valuesOf(headers: OtlpOptions['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, source]) => {
      const value = source.current()[0]?.reveal();
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A code from a bounded set. The server's message is not used: it may contain anything. */
function codeOf(error: Error | undefined): string {
  if (error === undefined) return 'failed';
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number' && code >= 300 && code <= 599) return `http_${code}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  if (/timed out/i.test(error.message)) return 'timed_out';
  return /retryable/i.test(error.message) ? 'busy' : 'failed';
}

function adviceOn(code: string): string {
  if (code === 'http_401' || code === 'http_403') return 'check telemetry.otlp.headers';
  if (code === 'http_407' || code === 'ERR_PROXY_TUNNEL') return 'check egress.proxy and its credentials';
  if (code === 'http_404') return 'check the path of telemetry.otlp.url: usually it is /v1/metrics';
  return 'no action: the next interval sends current values';
}
