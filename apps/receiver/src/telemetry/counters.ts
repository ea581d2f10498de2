// In-memory counters by name and attributes, since the start, with a limit on the number of series.
import { isDeepStrictEqual } from 'node:util';
import type { Meter, MetricDescription, MetricTable } from '@xiq-siem/core';

export const telemetryMetrics = {
  'xiq_siem.telemetry.exports': {
    help: 'OTLP exports of these metrics, by result: ok, or an error code.',
    unit: '{export}',
    attributes: ['result'],
  },
} as const satisfies MetricTable;

export interface CounterReading {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Counters extends Meter {
  /** Adds the metrics of a plugin. Returns the rejected names: malformed, or already declared differently. */
  declare(metrics: MetricTable): readonly string[];
  describe(name: string): MetricDescription;
  /** `name{key=value,…}` to count, sorted by name; for /readyz. */
  snapshot(): Readonly<Record<string, number>>;
  /** Every series once, sorted by name. */
  readings(): readonly CounterReading[];
}

type Series = { -readonly [Key in keyof CounterReading]: CounterReading[Key] };

/** The attributes of all counts beyond `maxSeries`. */
const overflow = { overflow: 'true' };

const metricName = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){2}(?<!_total)$/;
const attributeName = /^(?!overflow$)[a-z][a-z0-9_]*$/;

function isWellFormed(name: string, { attributes = [] }: MetricDescription): boolean {
  const areDifferent = new Set(attributes).size === attributes.length;
  return (
    metricName.test(name) && name.length <= 100 && areDifferent && attributes.every((one) => attributeName.test(one))
  );
}

/** At most `maxSeries` series, and one overflow series for each name. `own`: the metrics of the connector itself. */
export function createCounters(own: MetricTable = {}, maxSeries = 2_000): Counters {
  const described = new Map(Object.entries(own));
  const all = new Map<string, Series>();
  /** By attributes in the order of the call, so that an add is one look-up. In `all` the attributes are sorted. */
  const byCall = new Map<string, Series>();

  const seriesOf = (name: string, attributes: Readonly<Record<string, string>>): Series => {
    const key = keyOf(name, attributes);
    const series = all.get(key) ?? { name, attributes, value: 0 };
    all.set(key, series);
    return series;
  };
  const newCall = (call: string, name: string, attributes: Readonly<Record<string, string>>): Series => {
    if (byCall.size >= maxSeries) return seriesOf(name, overflow);
    const series = seriesOf(name, Object.fromEntries(Object.entries(attributes).sort(byText)));
    byCall.set(call, series);
    return series;
  };
  const readings = () => [...all].sort(byText).map(([, series]) => ({ ...series }));

  function declareMetrics(metrics: MetricTable): readonly string[] {
    const rejected = Object.entries(metrics).filter(([name, description]) => {
      if (Object.hasOwn(own, name) || !isWellFormed(name, description)) return true;
      const known = described.get(name) ?? description;
      described.set(name, known);
      return !isDeepStrictEqual(known, description);
    });
    return rejected.map(([name]) => name);
  }
  function addToCounter(name: string, value: number, attributes: Readonly<Record<string, string>> = {}): void {
    const call = keyOf(name, attributes);
    const series = byCall.get(call) ?? newCall(call, name, attributes);
    series.value += value;
  }
  return {
    declare: declareMetrics,
    describe: (name) => described.get(name) ?? { help: '' },
    add: addToCounter,
    snapshot: () => Object.fromEntries(readings().map((reading) => [shown(reading), reading.value])),
    readings,
  };
}

/** Runs for every request: one string, no arrays. The lengths make the key unambiguous. */
function keyOf(name: string, attributes: Readonly<Record<string, string>>): string {
  let key = name;
  for (const attribute in attributes) {
    const value = attributes[attribute] ?? '';
    key += `,${attribute}=${value.length}:${value}`;
  }
  return key;
}

function shown({ name, attributes }: CounterReading): string {
  const inner = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return inner.length === 0 ? name : `${name}{${inner.join(',')}}`;
}

function byText([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
