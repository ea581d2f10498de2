import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, it } from 'vitest';
import { exportedMetrics, pluginMeter } from './plugin-meter.ts';
import { createCounters } from './telemetry/counters.ts';

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
    { level: 'warn', event: 'plugin.count_refused', facts: { destination: 'archive', reason, metric } },
  ]);
});

it('an endless name is refused, and logged no longer than a value may be', () => {
  const { meter, log } = meterToTest();
  meter.add('x'.repeat(1_000_000), 1);
  expect(JSON.stringify(log.lines).length).toBeLessThan(400);
});

it('values without end make no more series of one plugin than its bound, and not one count is lost', () => {
  const counters = createCounters();
  const log = createRecordingLogger();
  const meter = pluginMeter('source', 'theirs', declared, { meter: counters, log });
  for (let value = 0; value < 50_000; value += 1) meter.add('files_deleted', 1, { reason: `${value}` });
  meter.add('files_deleted', 1, { reason: '7' });
  const readings = counters.readings();
  expect(readings).toHaveLength(201);
  expect(readings.reduce((sum, { value }) => sum + value, 0)).toBe(50_001);
  expect(counters.snapshot()).toMatchObject({
    'xiq_siem.source.files_deleted{reason=7,source=theirs}': 2,
    'xiq_siem.source.files_deleted{overflow=true,source=theirs}': 49_800,
  });
});

it('a name that is taken, or malformed, is logged at the start and refused', () => {
  const own = { 'xiq_siem.destination.lag_bodies': { help: 'Ours.', unit: '{body}', attributes: ['destination'] } };
  const counters = createCounters(own);
  const log = createRecordingLogger();
  const line = { help: 'Lines.', unit: '{line}', attributes: [] };
  const table = { lag_bodies: { ...line, help: 'Ours.', unit: '{body}' }, 'no name': line, lines: line };
  const meter = pluginMeter('destination', 'first', table, { meter: counters, log });
  expect(log.of('plugin.metric_refused').map(({ facts }) => facts['metric'])).toEqual([
    'xiq_siem.destination.lag_bodies',
    'xiq_siem.destination.no name',
  ]);
  for (const name of Object.keys(table)) meter.add(name, 1);

  // The same meaning is one metric of both; another meaning is refused.
  pluginMeter('destination', 'second', { lines: { ...line } }, { meter: counters, log }).add('lines', 1);
  pluginMeter('destination', 'third', { lines: { ...line, unit: 'By' } }, { meter: counters, log }).add('lines', 1);
  expect(counters.snapshot()).toEqual({
    'xiq_siem.destination.lines{destination=first}': 1,
    'xiq_siem.destination.lines{destination=second}': 1,
    'xiq_siem.telemetry.refused_counts{destination=first,reason=metric_not_declared}': 2,
    'xiq_siem.telemetry.refused_counts{destination=third,reason=metric_not_declared}': 1,
  });
  expect(counters.describe('xiq_siem.destination.lines')).toEqual({ ...line, attributes: ['destination'] });
});
