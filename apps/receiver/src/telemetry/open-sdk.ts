// Exposes the metrics through the OpenTelemetry SDK. Loaded on first use: it costs a quarter of a second and 50 MB.
import { context, diag, type HrTime, logs, metrics, propagation, ValueType } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ConnectorError, type GaugeReading, type Logger } from '@xiq-siem/core';
import type { Counters } from './counters.ts';
import { type OtlpOptions, otlpExporter } from './otlp-exporter.ts';

export interface TelemetryOptions {
  readonly counters: Counters;
  /** Called whenever metrics are collected; calls do not overlap. */
  readonly gauges: () => readonly GaugeReading[] | Promise<readonly GaugeReading[]>;
  readonly resource: { readonly name: string; readonly version: string; readonly instanceId: string };
  readonly otlp?: OtlpOptions | undefined;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface OpenSdk {
  /** Text exposition 0.0.4. */
  prometheus(): Promise<string>;
  /** Sends once more where OTLP is configured. */
  shutdown(): Promise<void>;
}

/**
 * The readings come from a metric producer, which the SDK calls at each collection. Observable instruments do not fit: the
 * SDK's storage keeps every series for ever (also of a removed destination), and keeps unread values for a reader that
 * never reads (/metrics is not scraped while OTLP is sent).
 */
export function openSdk({ counters, gauges, resource, otlp, log, now }: TelemetryOptions, startedMs: number): OpenSdk {
  const attributes = {
    'service.name': resource.name,
    'service.version': resource.version,
    'service.instance.id': resource.instanceId,
  };
  const described = resourceFromAttributes(attributes);
  const scope = { name: resource.name, version: resource.version };
  const producer: MetricProducer = {
    collect: async function collectMetrics() {
      const times = { startedMs, nowMs: now() };
      const data = [...counterData(counters, times), ...gaugeData(await gauges(), counters, times)];
      return { resourceMetrics: { resource: described, scopeMetrics: [{ scope, metrics: data }] }, errors: [] };
    },
  };
  const scraped = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] });
  const sent = otlp && {
    exporter: otlpExporter(otlp, { log, meter: counters }),
    exportIntervalMillis: otlp.intervalSeconds * 1000,
    exportTimeoutMillis: Math.min(otlp.intervalSeconds * 1000, 30_000),
    metricProducers: [producer],
  };
  const sdk = new NodeSDK({
    resource: described,
    autoDetectResources: false,
    instrumentations: [],
    spanProcessors: [],
    logRecordProcessors: [],
    metricReaders: [scraped, ...(sent === undefined ? [] : [new PeriodicExportingMetricReader(sent)])],
    textMapPropagator: null,
  });
  const warn = (...parts: readonly unknown[]): void =>
    log.warn('telemetry.sdk_warning', { message: firstLineOf(parts) });
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true });
  sdk.start();
  // The SDK registers process-wide APIs. Other libraries must not use them.
  for (const api of [metrics, logs, context, propagation]) api.disable();
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    prometheus: async function exposePrometheus() {
      if (/^\s*true\s*$/i.test(process.env['OTEL_SDK_DISABLED'] ?? '')) {
        throw new ConnectorError('telemetry_disabled', 'OTEL_SDK_DISABLED is set: unset it to get metrics');
      }
      return serializer.serialize((await scraped.collect()).resourceMetrics);
    },
    shutdown: async function shutdownSdk() {
      await sdk.shutdown();
      diag.disable();
    },
  };
}

/** The first line of the SDK's message, without objects and stack traces. */
function firstLineOf(parts: readonly unknown[]): string {
  const [line = ''] = parts
    .filter((part) => typeof part === 'string')
    .join(' ')
    .split('\n');
  return line;
}

interface Times {
  /** Epoch milliseconds at which the counters were 0. */
  readonly startedMs: number;
  readonly nowMs: number;
}

/** Counters as monotonic sums, cumulative since the start. */
function counterData(counters: Counters, times: Times): readonly MetricData[] {
  return [...Map.groupBy(counters.readings(), ({ name }) => name)].map(([name, series]) => ({
    descriptor: descriptor(name, counters),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: series.map((reading) => dataPoint(reading, times)),
  }));
}

/** NaN means unknown: such a reading is left out. */
function gaugeData(readings: readonly GaugeReading[], counters: Counters, times: Times): readonly MetricData[] {
  const known = readings.filter(({ value }) => !Number.isNaN(value));
  return [...Map.groupBy(known, ({ name }) => name)].map(([name, series]) => ({
    descriptor: descriptor(name, counters),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: series.map((reading) => dataPoint(reading, times)),
  }));
}

function descriptor(name: string, counters: Counters): MetricData['descriptor'] {
  const { help, unit = '' } = counters.describe(name);
  return { name, description: help, unit, valueType: ValueType.DOUBLE };
}

function dataPoint(
  { value, attributes = {} }: Pick<GaugeReading, 'value' | 'attributes'>,
  { startedMs, nowMs }: Times,
): DataPoint<number> {
  return { startTime: hrTime(startedMs), endTime: hrTime(nowMs), attributes: { ...attributes }, value };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
