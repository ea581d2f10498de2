// Readings as OpenTelemetry's metric data. With the SDK loaded only: see open-sdk.ts.
import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { GaugeReading } from '@xiq-siem/core';
import type { CounterReading } from './counters.ts';
import { counterTable, gaugeTable, type MetricDescription } from './metric-table.ts';

export interface Times {
  /** Epoch milliseconds at which the counters began. */
  readonly startedMs: number;
  readonly nowMs: number;
}

/** Counters as monotonic sums, cumulative since the start. */
export function counterData(readings: readonly CounterReading[], times: Times): readonly MetricData[] {
  return [...Map.groupBy(readings, ({ name }) => name)].map(([name, series]) => ({
    descriptor: descriptor(name, counterTable[name]),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: series.map((reading) => dataPoint(reading, times)),
  }));
}

/** What is not a number is left out: it is not known. */
export function gaugeData(readings: readonly GaugeReading[], times: Times): readonly MetricData[] {
  const known = readings.filter(({ value }) => !Number.isNaN(value));
  return [...Map.groupBy(known, ({ name }) => name)].map(([name, series]) => ({
    descriptor: descriptor(name, gaugeTable[name]),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: series.map((reading) => dataPoint(reading, times)),
  }));
}

function descriptor(name: string, { help, unit }: MetricDescription): MetricData['descriptor'] {
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
