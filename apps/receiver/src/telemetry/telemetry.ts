// Our own metrics, for whoever asks at /metrics and, where configured, sent by OTLP.
import { setImmediate } from 'node:timers/promises';
import { askGauges } from './ask-gauges.ts';
import type { OpenSdk } from './open-sdk.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

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
