// Sends metrics by OTLP through the one way out, and tells what became of it. With the SDK loaded only: see open-sdk.ts.
import type { Agent } from 'node:http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Logger, Meter, SecretSource } from '@xiq-siem/core';
import type { telemetryMetrics } from './counters.ts';

export interface OtlpOptions {
  readonly url: URL;
  /** Values as they are when a request is sent. One that is not there, or optional, leaves its header out. */
  readonly headers: Readonly<Record<string, SecretSource>>;
  readonly intervalSeconds: number;
  /**
   * Time for one sending. The exporter tries again within it only, after 1 s, 1.5 s and so on; what it gives up on is
   * sent again by the next interval, with newer figures.
   */
  readonly timeoutMs?: number;
  /** By the configured proxy and authorities; it is destroyed at the end. */
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
  // Without its query: that may hold a token.
  const place = url.origin + url.pathname;
  return {
    export(metrics, done) {
      exporter.export(metrics, (result) => {
        const code = result.code === succeeded ? 'ok' : codeOf(result.error);
        meter.add('xiq_siem.telemetry.exports', 1, { result: code });
        if (code !== 'ok') log.warn('telemetry.export_failed', { code, url: place, advice: adviceOn(code) });
        // Told above: the reader would only throw it to a handler of the whole process.
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

/** A code from a bounded list, and none of the words of the other side: they may hold anything. */
function codeOf(error: Error | undefined): string {
  if (error === undefined) return 'failed';
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number' && code >= 300 && code <= 599) return `http_${code}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  if (/timed out/i.test(error.message)) return 'timed_out';
  return /retryable/i.test(error.message) ? 'busy' : 'failed';
}

function adviceOn(code: string): string {
  if (code === 'http_401' || code === 'http_403') return 'look at telemetry.otlp.headers';
  if (code === 'http_404') return 'look at the path of telemetry.otlp.url: mostly it is /v1/metrics';
  return 'the next interval sends again; nothing else waits for it';
}
