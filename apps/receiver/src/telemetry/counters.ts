// Counts in memory: every counter by its attributes, since the start, and no more series than a bound.
import type { Meter, MetricName } from '@xiq-siem/core';

export interface CounterReading {
  readonly name: MetricName;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Counters extends Meter {
  /** `name{key=value,…}` to count, sorted by name: for people. */
  snapshot(): Readonly<Record<string, number>>;
  /** Every series once, sorted by name. */
  readings(): readonly CounterReading[];
}

interface Series {
  readonly name: MetricName;
  readonly attributes: Readonly<Record<string, string>>;
  value: number;
}

/** What is counted beyond `maxSeries` still counts, by its name alone. */
const overflow = { overflow: 'true' };

/** At most `maxSeries` series, and one more for each name whose attributes found no place. */
export function createCounters({ maxSeries = 2_000 }: { readonly maxSeries?: number } = {}): Counters {
  const all = new Map<string, Series>();
  /** As they are added, so that an add is one look-up: the order of attributes matters here, and there it does not. */
  const byCall = new Map<string, Series>();

  const open = (name: MetricName, attributes: Readonly<Record<string, string>>): Series => {
    const key = keyOf(name, attributes);
    const series = all.get(key) ?? { name, attributes, value: 0 };
    all.set(key, series);
    return series;
  };
  const newCall = (call: string, name: MetricName, attributes: Readonly<Record<string, string>>): Series => {
    if (byCall.size >= maxSeries) return open(name, overflow);
    const series = open(name, Object.fromEntries(Object.entries(attributes).sort(byText)));
    byCall.set(call, series);
    return series;
  };
  const readings = () => [...all].sort(byText).map(([, series]) => ({ ...series }));

  return {
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
