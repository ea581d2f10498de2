import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { exportedMetrics, pluginMeter } from './plugin-meter.ts';

const declared = {
  lines_cut: { help: 'Lines that were cut.', unit: '{line}', attributes: [] },
  files_deleted: { help: 'Files that were deleted.', unit: '{file}', attributes: ['reason'] },
};

function meterToTest(meter = createRecordingMeter()) {
  const log = createRecordingLogger();
  return { log, counted: meter, meter: pluginMeter('destination', 'archive', declared, { meter, log }) };
}

const refused = 'xiq_siem.telemetry.refused_counts';

it('a declared metric is exported under the kind of its plugin, and by its name', () => {
  const { meter, counted, log } = meterToTest();
  meter.add('lines_cut', 2);
  meter.add('files_deleted', 1, { reason: 'age' });
  expect(counted.additions).toEqual([
    { name: 'xiq_siem.destination.lines_cut', value: 2, attributes: { destination: 'archive' } },
    { name: 'xiq_siem.destination.files_deleted', value: 1, attributes: { destination: 'archive', reason: 'age' } },
  ]);
  expect(log.lines).toEqual([]);
  expect(exportedMetrics('destination', declared)).toMatchObject({
    'xiq_siem.destination.lines_cut': { help: 'Lines that were cut.', unit: '{line}', attributes: ['destination'] },
    'xiq_siem.destination.files_deleted': { attributes: ['destination', 'reason'] },
  });
});

it.each<[string, string, number, Record<string, string>]>([
  ['metric_not_declared', 'events', 1, {}],
  ['metric_not_declared', 'toString', 1, {}],
  ['attribute_not_declared', 'files_deleted', 1, { reason: 'age', path: '/a' }],
  ['attribute_not_declared', 'lines_cut', 1, { destination: 'another' }],
  ['attribute_not_declared', 'lines_cut', 1, { run: 'true' }],
  ['attribute_too_long', 'files_deleted', 1, { reason: 'x'.repeat(201) }],
  ['value_invalid', 'lines_cut', Number.NaN, {}],
  ['value_invalid', 'lines_cut', Number.POSITIVE_INFINITY, {}],
  ['value_invalid', 'lines_cut', -1, {}],
])('%s: what it may not count is refused, counted as such, and logged once', (reason, metric, value, attributes) => {
  const { meter, counted, log } = meterToTest();
  meter.add(metric, value, attributes);
  meter.add(metric, value, attributes);
  const refusal = { name: refused, value: 1, attributes: { destination: 'archive', reason } };
  expect(counted.additions).toEqual([refusal, refusal]);
  expect(log.lines).toEqual([
    { level: 'warn', event: 'plugin.count_refused', attributes: { destination: 'archive', reason, metric } },
  ]);
});

it('an endless name is refused, and logged no longer than a value may be', () => {
  const { meter, log } = meterToTest();
  meter.add('x'.repeat(1_000_000), 1);
  expect(JSON.stringify(log.lines).length).toBeLessThan(400);
});

it('values without end make no more series of one plugin than its bound, and not one count is lost', () => {
  const { meter, counted } = meterToTest();
  for (let value = 0; value < 5_000; value += 1) meter.add('files_deleted', 1, { reason: `${value}` });
  meter.add('files_deleted', 1, { reason: '7' });
  expect(new Set(counted.additions.map(({ attributes }) => JSON.stringify(attributes))).size).toBe(201);
  expect(counted.total('xiq_siem.destination.files_deleted')).toBe(5_001);
  expect(counted.total('xiq_siem.destination.files_deleted', { reason: '7' })).toBe(2);
  const others = { destination: 'archive', overflow: 'true' };
  expect(counted.total('xiq_siem.destination.files_deleted', others)).toBe(4_800);
});

it('a name that means something else already is logged at the start, and refused', () => {
  const log = createRecordingLogger();
  const counted = createRecordingMeter();
  const told: unknown[] = [];
  const declare = (metrics: object) => {
    told.push(metrics);
    return ['xiq_siem.destination.lines_cut'];
  };
  const meter = pluginMeter('destination', 'archive', declared, { meter: { ...counted, declare }, log });
  expect(told).toEqual([exportedMetrics('destination', declared)]);
  expect(log.of('plugin.metric_refused')).toMatchObject([
    { level: 'warn', attributes: { destination: 'archive', metric: 'xiq_siem.destination.lines_cut' } },
  ]);
  meter.add('lines_cut', 1);
  meter.add('files_deleted', 1);
  expect(counted.additions.map(({ name }) => name)).toEqual([refused, 'xiq_siem.destination.files_deleted']);
});
