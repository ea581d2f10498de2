// The metrics of the connector: served at /metrics and, where configured, sent by OTLP.
import { setImmediate } from 'node:timers/promises';
import { type Configuration, createAgents, openSecret } from '@xiq-siem/config';
import type { GaugeReading, Logger } from '@xiq-siem/core';
import type { OpenSdk, TelemetryOptions } from './open-sdk.ts';
import type { OtlpOptions } from './otlp-exporter.ts';

export interface Telemetry {
  /** Every metric as text exposition 0.0.4. Rejects only where the SDK cannot be loaded or is disabled. */
  prometheus(): Promise<string>;
  readonly contentType: string;
  /** Sends once more where OTLP is configured. Resolves within `graceMs` in every case. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * The counters are read only when metrics are collected. The OpenTelemetry SDK is loaded at the first request for
 * /metrics, or at once where OTLP is configured. Call this when the listeners are up.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { log, otlp, now } = options;
  const startedMs = now();
  const gauges = sharedGauges(options.gauges, log);
  let opening: Promise<OpenSdk> | undefined;
  const open = (): Promise<OpenSdk> => {
    opening ??= loadSdk().then(({ openSdk }) => openSdk({ ...options, gauges }, startedMs));
    return opening;
  };
  if (otlp !== undefined) {
    open().catch((cause: unknown) => log.error('telemetry.start_failed', { error: String(cause) }));
  }
  async function stopTelemetry(graceMs = 2_000): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, graceMs);
    const closing = opening?.then((sdk) => sdk.shutdown()).catch(() => {});
    await Promise.race([closing, timeout.promise]);
    clearTimeout(timer);
    otlp?.agent.destroy();
  }
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    prometheus: async () => (await open()).prometheus(),
    stop: stopTelemetry,
  };
}

/** Loads the SDK part by part, to let requests run in between. Loaded at once it blocks for a quarter of a second. */
async function loadSdk(): Promise<typeof import('./open-sdk.ts')> {
  const parts = [
    () => import('@opentelemetry/resources'),
    () => import('@opentelemetry/sdk-metrics'),
    () => import('@opentelemetry/exporter-prometheus'),
    () => import('@opentelemetry/exporter-metrics-otlp-proto'),
    () => import('@opentelemetry/sdk-node'),
  ];
  for (const load of parts) {
    await load();
    await setImmediate();
  }
  return import('./open-sdk.ts');
}

const timedOut = Symbol('timed out');
const gaugesTimeoutMs = 5_000;

/** Concurrent calls share one result. After a timeout or a failure it is empty, and the failure is logged. */
function sharedGauges(gauges: TelemetryOptions['gauges'], log: Logger): () => Promise<readonly GaugeReading[]> {
  let pending: Promise<readonly GaugeReading[]> | undefined;
  const readGauges = async (): Promise<readonly GaugeReading[]> => {
    try {
      return await gauges();
    } catch (cause) {
      log.error('telemetry.gauges_failed', { error: String(cause) });
      return [];
    } finally {
      pending = undefined;
    }
  };
  return async () => {
    pending ??= readGauges();
    const { promise, resolve } = Promise.withResolvers<typeof timedOut>();
    const timer = setTimeout(resolve, gaugesTimeoutMs, timedOut);
    const readings = await Promise.race([pending, promise]);
    clearTimeout(timer);
    if (readings !== timedOut) return readings;
    log.error('telemetry.gauges_timeout', { timeoutMs: gaugesTimeoutMs });
    return [];
  };
}

/** The configured OTLP export; undefined where none is configured. */
export function otlpOptions(configuration: Configuration, log: Logger): OtlpOptions | undefined {
  const { otlp } = configuration.telemetry;
  if (otlp === undefined) return undefined;
  const url = new URL(otlp.url);
  const { agent } = createAgents(configuration);
  const headers = Object.entries(otlp.headers).map(
    ([name, reference]) => [name, openSecret(reference, configuration, log)] as const,
  );
  return { url, headers: Object.fromEntries(headers), intervalSeconds: otlp.intervalSeconds, agent: agent(url) };
}
