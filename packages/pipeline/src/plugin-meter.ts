// What a plugin counts with: the metrics that its definition declares, under the names by which they are exported.
import type { Logger, Meter, MetricTable } from '@xiq-siem/core';

export const pluginMeterMetrics = {
  'xiq_siem.telemetry.refused_counts': {
    help: 'Counts of a plugin that were refused: a name or an attribute that it does not declare, or a value that is no count.',
    unit: '{count}',
    attributes: ['source', 'destination', 'reason'],
  },
} as const satisfies MetricTable;

export interface PluginMeterServices {
  readonly log: Logger;
  readonly meter: Meter & {
    /** Where what is counted is shown: takes what it means, and gives the names that mean something else already. */
    readonly declare?: (metrics: MetricTable) => readonly string[];
  };
}

type Kind = 'source' | 'destination';

/** Characters of an attribute's value. */
const maxValueLength = 200;
/** Series of one plugin; what would be more is counted under `overflow`. */
const maxSeries = 200;

/** As they are exported: under the plugin's kind, and by its name in the configuration. */
export function exportedMetrics(kind: Kind, declared: MetricTable): MetricTable {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { attributes = [], ...more }]) => [
      `xiq_siem.${kind}.${name}`,
      { ...more, attributes: [kind, ...attributes] },
    ]),
  );
}

/** Counts for the plugin `name`. What it may not count is refused, counted as such, and logged once a reason. */
export function pluginMeter(
  kind: Kind,
  name: string,
  declared: MetricTable,
  { meter, log }: PluginMeterServices,
): Meter {
  const refusedNames = new Set(meter.declare?.(exportedMetrics(kind, declared)));
  for (const metric of refusedNames) {
    log.warn('plugin.metric_refused', { [kind]: name, metric, advice: 'this name is taken, or malformed' });
  }
  const series = new Set<string>();
  const logged = new Set<string>();
  const refuse = (reason: string, metric: string): void => {
    meter.add('xiq_siem.telemetry.refused_counts', 1, { [kind]: name, reason });
    if (logged.has(reason)) return;
    logged.add(reason);
    log.warn('plugin.count_refused', { [kind]: name, reason, metric: metric.slice(0, maxValueLength) });
  };
  return {
    add(metric, value, attributes) {
      const exported = `xiq_siem.${kind}.${metric}`;
      const own = attributes ?? {};
      const description = Object.hasOwn(declared, metric) ? declared[metric] : undefined;
      if (description === undefined || refusedNames.has(exported)) return refuse('metric_not_declared', metric);
      const { attributes: known = [] } = description;
      if (!Number.isFinite(value) || value < 0) return refuse('value_invalid', metric);
      for (const [attribute, text] of Object.entries(own)) {
        if (!known.includes(attribute)) return refuse('attribute_not_declared', metric);
        if (typeof text !== 'string' || text.length > maxValueLength) return refuse('attribute_too_long', metric);
      }
      const key = JSON.stringify([metric, ...known.map((attribute) => own[attribute])]);
      if (!series.has(key) && series.size >= maxSeries) {
        meter.add(exported, value, { [kind]: name, overflow: 'true' });
        return;
      }
      series.add(key);
      meter.add(exported, value, { ...own, [kind]: name });
    },
  };
}
