// OpenTelemetry's SDK around our readings. Loaded when it is first needed: it costs a quarter of a second and 50 MB.
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
  /** Asked whenever metrics are collected, once at a time. */
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
 * The readings are a metric producer of their own, asked when somebody collects. As observable instruments they would
 * go through the SDK's storage, which shows for ever what was observed once (a destination that is no more), and keeps
 * for a reader that never reads (nobody scrapes, while OTLP is sent) all that it has not read.
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
    async collect() {
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
  const warn = (...message: readonly unknown[]): void => log.warn('telemetry.sdk', { message: firstOf(message) });
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true });
  sdk.start();
  // What it registers for the whole process is not for other libraries: nothing here is traced, and they count nothing.
  for (const api of [metrics, logs, context, propagation]) api.disable();
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    async prometheus() {
      if (/^\s*true\s*$/i.test(process.env['OTEL_SDK_DISABLED'] ?? '')) {
        throw new ConnectorError('not_running', 'there are no metrics: OTEL_SDK_DISABLED is set; take it out');
      }
      return serializer.serialize((await scraped.collect()).resourceMetrics);
    },
    async shutdown() {
      await sdk.shutdown();
      diag.disable();
    },
  };
}

/** What the SDK has to say, without the objects that it says it with and the stacks. */
function firstOf(message: readonly unknown[]): string {
  const [line = ''] = message
    .filter((word) => typeof word === 'string')
    .join(' ')
    .split('\n');
  return line;
}

interface Times {
  /** Epoch milliseconds at which the counters began. */
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

/** What is not a number is left out: it is not known. */
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
