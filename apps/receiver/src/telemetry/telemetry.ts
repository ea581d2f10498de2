// Our own metrics, for whoever asks at /metrics and, where configured, sent by OTLP.
import { setImmediate } from 'node:timers/promises';
import { type Configuration, createAgents, openSecret } from '@xiq-siem/config';
import type { GaugeReading, Logger } from '@xiq-siem/core';
import type { OpenSdk, TelemetryOptions } from './open-sdk.ts';
import type { OtlpOptions } from './otlp-exporter.ts';

export interface Telemetry {
  /** Every metric as text exposition 0.0.4. Rejects only where the SDK cannot be loaded or was disabled. */
  prometheus(): Promise<string>;
  readonly contentType: string;
  /** Sends once more where OTLP is configured, and resolves within `graceMs`, whatever the other side does. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * A request pays nothing for it: the counters are read when somebody asks. OpenTelemetry's SDK is loaded at the first
 * look at /metrics, or at once where OTLP is configured: call it when the listeners are up.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const { log, otlp, now } = options;
  const startedMs = now();
  const gauges = askGauges(options.gauges, log);
  let opening: Promise<OpenSdk> | undefined;
  const open = (): Promise<OpenSdk> => {
    opening ??= loadSdk().then(({ openSdk }) => openSdk({ ...options, gauges }, startedMs));
    return opening;
  };
  if (otlp !== undefined) {
    open().catch((cause: unknown) => log.error('telemetry.not_started', { why: String(cause) }));
  }
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    prometheus: async () => (await open()).prometheus(),
    async stop(graceMs = 2_000) {
      const ended = Promise.withResolvers<void>();
      const timer = setTimeout(ended.resolve, graceMs);
      const closing = opening?.then((sdk) => sdk.shutdown()).catch(() => {});
      await Promise.race([closing, ended.promise]);
      clearTimeout(timer);
      otlp?.agent.destroy();
    },
  };
}

/** Part by part, so that requests are answered in between: at once it would hold them up for a quarter of a second. */
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

const late = Symbol('late');
const gaugesTimeoutMs = 5_000;

/** Those who ask at once share one answer; none after five seconds, or after a failure, which is said. */
function askGauges(gauges: TelemetryOptions['gauges'], log: Logger): () => Promise<readonly GaugeReading[]> {
  let asking: Promise<readonly GaugeReading[]> | undefined;
  const ask = async (): Promise<readonly GaugeReading[]> => {
    try {
      return await gauges();
    } catch (cause) {
      log.error('telemetry.gauges_failed', { why: String(cause) });
      return [];
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    asking ??= ask();
    const { promise, resolve } = Promise.withResolvers<typeof late>();
    const timer = setTimeout(resolve, gaugesTimeoutMs, late);
    const response = await Promise.race([asking, promise]);
    clearTimeout(timer);
    if (response !== late) return response;
    log.error('telemetry.gauges_late', { timeoutMs: gaugesTimeoutMs });
    return [];
  };
}

/** Where metrics are sent by OTLP, as it is configured. Undefined where they are not sent. */
export function otlpOptions(configuration: Configuration, log: Logger): OtlpOptions | undefined {
  const { otlp } = configuration.telemetry;
  if (otlp === undefined) return undefined;
  const url = new URL(otlp.url);
  const agentOf = createAgents(configuration);
  const headers = Object.entries(otlp.headers).map(
    ([name, reference]) => [name, openSecret(reference, configuration, log)] as const,
  );
  return { url, headers: Object.fromEntries(headers), intervalSeconds: otlp.intervalSeconds, agent: agentOf(url) };
}
