// Counts in memory: every counter by its attributes, since the start, and no more series than a bound.
import { isDeepStrictEqual } from 'node:util';
import type { Meter, MetricDescription, MetricTable } from '@xiq-siem/core';

export const telemetryMetrics = {
  'xiq_siem.telemetry.exports': {
    help: 'Times that these metrics were sent by OTLP, by result: ok, or why not.',
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
  /** Takes what the metrics of a plugin mean; gives the names that are malformed, or mean something else already. */
  declare(metrics: MetricTable): readonly string[];
  describe(name: string): MetricDescription;
  /** `name{key=value,…}` to count, sorted by name: for people. */
  snapshot(): Readonly<Record<string, number>>;
  /** Every series once, sorted by name. */
  readings(): readonly CounterReading[];
}

type Series = { -readonly [Key in keyof CounterReading]: CounterReading[Key] };

/** What is counted beyond `maxSeries` still counts, by its name alone. */
const overflow = { overflow: 'true' };

const metricName = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){2}(?<!_total)$/;
const attributeName = /^(?!overflow$)[a-z][a-z0-9_]*$/;

function isWellFormed(name: string, { attributes = [] }: MetricDescription): boolean {
  const areDifferent = new Set(attributes).size === attributes.length;
  return (
    metricName.test(name) && name.length <= 100 && areDifferent && attributes.every((one) => attributeName.test(one))
  );
}

/** At most `maxSeries` series, and one more for each name whose attributes found no place. `own`: no plugin's. */
export function createCounters(own: MetricTable = {}, maxSeries = 2_000): Counters {
  const described = new Map(Object.entries(own));
  const all = new Map<string, Series>();
  /** As they are added, so that an add is one look-up: the order of attributes matters here, and there it does not. */
  const byCall = new Map<string, Series>();

  const open = (name: string, attributes: Readonly<Record<string, string>>): Series => {
    const key = keyOf(name, attributes);
    const series = all.get(key) ?? { name, attributes, value: 0 };
    all.set(key, series);
    return series;
  };
  const newCall = (call: string, name: string, attributes: Readonly<Record<string, string>>): Series => {
    if (byCall.size >= maxSeries) return open(name, overflow);
    const series = open(name, Object.fromEntries(Object.entries(attributes).sort(byText)));
    byCall.set(call, series);
    return series;
  };
  const readings = () => [...all].sort(byText).map(([, series]) => ({ ...series }));

  return {
    declare(metrics) {
      const refused = Object.entries(metrics).filter(([name, description]) => {
        if (Object.hasOwn(own, name) || !isWellFormed(name, description)) return true;
        const known = described.get(name) ?? description;
        described.set(name, known);
        return !isDeepStrictEqual(known, description);
      });
      return refused.map(([name]) => name);
    },
    describe: (name) => described.get(name) ?? { help: '' },
    add(name, value, attributes = {}) {
      const call = keyOf(name, attributes);
      const series = byCall.get(call) ?? newCall(call, name, attributes);
      series.value += value;
    },
    snapshot: () => Object.fromEntries(readings().map((reading) => [shown(reading), reading.value])),
    readings,
  };
}

/** On the path of every request: no arrays, one string. Lengths keep two sets of attributes from reading alike. */
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
