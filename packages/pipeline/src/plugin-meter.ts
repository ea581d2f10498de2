// The meter of a plugin: counts the metrics that its definition declares, under their exported names.
import type { Logger, Meter, MetricTable } from '@xiq-siem/core';

export const pluginMeterMetrics = {
  'xiq_siem.telemetry.rejected_counts': {
    help: 'Counts of a plugin that were rejected: an undeclared metric or attribute, or an invalid value.',
    unit: '{count}',
    attributes: ['source', 'destination', 'reason'],
  },
} as const satisfies MetricTable;

export interface PluginMeterServices {
  readonly log: Logger;
  readonly meter: Meter & {
    /** Declares metrics for the export. Returns the names that are invalid or already have another meaning. */
    readonly declare?: (metrics: MetricTable) => readonly string[];
  };
}

type Kind = 'source' | 'destination';

const nameConflict = 'name_conflict';

/** Longest value of an attribute, in characters. */
const maxValueLength = 200;
/** Series of one plugin. Further series are counted as one series with the attribute `overflow`. */
const maxSeries = 200;

/** The declared metrics as they are exported: with the kind in the name, and the plugin's name as an attribute. */
export function exportedMetrics(kind: Kind, declared: MetricTable): MetricTable {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { attributes = [], ...more }]) => [
      `xiq_siem.${kind}.${name}`,
      { ...more, attributes: [kind, ...attributes] },
    ]),
  );
}

/** The meter of the plugin `name`. A rejected count is counted, and logged once for each reason. */
export function pluginMeter(
  kind: Kind,
  name: string,
  declared: MetricTable,
  { meter, log }: PluginMeterServices,
): Meter {
  const conflicts = new Set(meter.declare?.(exportedMetrics(kind, declared)));
  for (const metric of conflicts) {
    const remediation = 'rename the metric: its name is invalid or already used';
    log.warn('plugin.metric_rejected', { [kind]: name, reason: nameConflict, metric, remediation });
  }
  const series = new Set<string>();
  const logged = new Set<string>([nameConflict]);
  const reject = (reason: string, metric: string): void => {
    meter.add('xiq_siem.telemetry.rejected_counts', 1, { [kind]: name, reason });
    if (logged.has(reason)) return;
    logged.add(reason);
    log.warn('plugin.metric_rejected', { [kind]: name, reason, metric: metric.slice(0, maxValueLength) });
  };
  const addOfPlugin: Meter['add'] = (metric, value, attributes) => {
    const exported = `xiq_siem.${kind}.${metric}`;
    const own = attributes ?? {};
    if (conflicts.has(exported)) return reject(nameConflict, metric);
    const description = Object.hasOwn(declared, metric) ? declared[metric] : undefined;
    if (description === undefined) return reject('metric_not_declared', metric);
    const { attributes: known = [] } = description;
    if (!Number.isFinite(value) || value < 0) return reject('value_invalid', metric);
    for (const [attribute, text] of Object.entries(own)) {
      if (!known.includes(attribute)) return reject('attribute_not_declared', metric);
      if (typeof text !== 'string' || text.length > maxValueLength) return reject('attribute_too_long', metric);
    }
    const key = JSON.stringify([metric, ...known.map((attribute) => own[attribute])]);
    if (!series.has(key) && series.size >= maxSeries) {
      meter.add(exported, value, { [kind]: name, overflow: 'true' });
      return;
    }
    series.add(key);
    meter.add(exported, value, { ...own, [kind]: name });
  };
  return { add: addOfPlugin };
}
