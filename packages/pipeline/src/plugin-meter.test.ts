import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { exportedMetrics, pluginMeter } from './plugin-meter.ts';

const declared = {
  lines_removed: { help: 'Removed lines.', unit: '{line}', attributes: [] },
  files_deleted: { help: 'Files that were deleted.', unit: '{file}', attributes: ['reason'] },
};

function meterToTest(meter = createRecordingMeter()) {
  const log = createRecordingLogger();
  return { log, counted: meter, meter: pluginMeter('destination', 'archive', declared, { meter, log }) };
}

const rejected = 'xiq_siem.telemetry.rejected_counts';

it('a declared metric is exported with the kind in its name and the plugin as an attribute', () => {
  const { meter, counted, log } = meterToTest();
  meter.add('lines_removed', 2);
  meter.add('files_deleted', 1, { reason: 'age' });
  expect(counted.additions).toEqual([
    { name: 'xiq_siem.destination.lines_removed', value: 2, attributes: { destination: 'archive' } },
    { name: 'xiq_siem.destination.files_deleted', value: 1, attributes: { destination: 'archive', reason: 'age' } },
  ]);
  expect(log.lines).toEqual([]);
  expect(exportedMetrics('destination', declared)).toMatchObject({
    'xiq_siem.destination.lines_removed': { help: 'Removed lines.', unit: '{line}', attributes: ['destination'] },
    'xiq_siem.destination.files_deleted': { attributes: ['destination', 'reason'] },
  });
});

it.each<[string, string, number, Record<string, string>]>([
  ['metric_not_declared', 'events', 1, {}],
  ['metric_not_declared', 'toString', 1, {}],
  ['attribute_not_declared', 'files_deleted', 1, { reason: 'age', path: '/a' }],
  ['attribute_not_declared', 'lines_removed', 1, { destination: 'another' }],
  ['attribute_not_declared', 'lines_removed', 1, { run: 'true' }],
  ['attribute_too_long', 'files_deleted', 1, { reason: 'x'.repeat(201) }],
  ['value_invalid', 'lines_removed', Number.NaN, {}],
  ['value_invalid', 'lines_removed', Number.POSITIVE_INFINITY, {}],
  ['value_invalid', 'lines_removed', -1, {}],
])('%s: the count is rejected, counted as rejected, and logged once', (reason, metric, value, attributes) => {
  const { meter, counted, log } = meterToTest();
  meter.add(metric, value, attributes);
  meter.add(metric, value, attributes);
  const rejection = { name: rejected, value: 1, attributes: { destination: 'archive', reason } };
  expect(counted.additions).toEqual([rejection, rejection]);
  expect(log.lines).toEqual([
    { level: 'warn', event: 'plugin.metric_rejected', attributes: { destination: 'archive', reason, metric } },
  ]);
});

it('a very long name is rejected, and logged with a limited length', () => {
  const { meter, log } = meterToTest();
  meter.add('x'.repeat(1_000_000), 1);
  expect(JSON.stringify(log.lines).length).toBeLessThan(400);
});

it('very many values make no more series than the limit, and no count is lost', () => {
  const { meter, counted } = meterToTest();
  for (let value = 0; value < 5_000; value += 1) meter.add('files_deleted', 1, { reason: `${value}` });
  meter.add('files_deleted', 1, { reason: '7' });
  expect(new Set(counted.additions.map(({ attributes }) => JSON.stringify(attributes))).size).toBe(201);
  expect(counted.total('xiq_siem.destination.files_deleted')).toBe(5_001);
  expect(counted.total('xiq_siem.destination.files_deleted', { reason: '7' })).toBe(2);
  const others = { destination: 'archive', overflow: 'true' };
  expect(counted.total('xiq_siem.destination.files_deleted', others)).toBe(4_800);
});

it('a metric name with another meaning is logged at the start, and rejected', () => {
  const log = createRecordingLogger();
  const counted = createRecordingMeter();
  const declarations: unknown[] = [];
  const declare = (metrics: object) => {
    declarations.push(metrics);
    return ['xiq_siem.destination.lines_removed'];
  };
  const meter = pluginMeter('destination', 'archive', declared, { meter: { ...counted, declare }, log });
  expect(declarations).toEqual([exportedMetrics('destination', declared)]);
  expect(log.of('plugin.metric_rejected')).toMatchObject([
    {
      level: 'warn',
      attributes: { destination: 'archive', reason: 'name_conflict', metric: 'xiq_siem.destination.lines_removed' },
    },
  ]);
  meter.add('lines_removed', 1);
  meter.add('files_deleted', 1);
  expect(counted.additions.map(({ name }) => name)).toEqual([rejected, 'xiq_siem.destination.files_deleted']);
});
