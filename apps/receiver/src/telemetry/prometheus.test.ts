import type { GaugeReading } from '@xiq-siem/core';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ownCounters, ownGauges } from '../own-metrics.ts';
import { measureProcess } from './process-readings.ts';
import { parsePrometheus } from './test-prometheus.ts';
import { resource, telemetryToTest } from './test-telemetry.ts';

function telemetryForTest(options: Parameters<typeof telemetryToTest>[0] = {}) {
  const started = telemetryToTest(options);
  onTestFinished(() => started.telemetry.stop());
  return started;
}

const hostile = [
  'a "quoted" name',
  'two\nlines',
  'back\\slash',
  'ends in a backslash\\',
  '\\n is no line end',
  '"} 1\nxiq_siem_forged{a="',
  'ümläut 😀',
  '# HELP',
  '',
];

it.each([
  '# TYPE a gauge\na{b="c"d"} 1\n',
  '# TYPE a gauge\na{b="c\nd"} 1\n',
  '# TYPE a gauge\na{b="c"} \n',
  'no line\n',
])('the parser of these tests rejects %j', (text) => {
  expect(() => parsePrometheus(text)).toThrow();
});

it('an attribute value is parsed back unchanged, and cannot forge a line', async () => {
  const { telemetry, counters } = telemetryForTest({
    gauges: () =>
      hostile.map((name, value) => ({
        name: 'xiq_siem.destination.lag_bodies',
        value,
        attributes: { destination: name },
      })),
  });
  for (const [value, source] of hostile.entries()) {
    counters.add('xiq_siem.receiver.requests', value + 1, { source, status: '202' });
  }

  const families = parsePrometheus(await telemetry.prometheus());
  expect(families.map(({ name, type }) => `${type} ${name}`).sort()).toEqual([
    'COUNTER xiq_siem_receiver_requests_total',
    'GAUGE target_info',
    'GAUGE xiq_siem_destination_lag_bodies',
  ]);
  const of = (name: string) => families.find((family) => family.name === name)?.metrics;
  expect(of('xiq_siem_destination_lag_bodies')).toEqual(
    hostile.map((destination, value) => ({ labels: { destination }, value: `${value}` })),
  );
  expect(
    new Map(of('xiq_siem_receiver_requests_total')?.map(({ labels, value }) => [labels['source'], value])),
  ).toEqual(new Map(hostile.map((source, value) => [source, `${value + 1}`])));
});

it('every metric has its help and its type', async () => {
  const { telemetry, counters } = telemetryForTest({
    gauges: () => Object.keys(ownGauges).map((name) => ({ name, value: 1.5, attributes: { destination: 'a' } })),
  });
  for (const name of Object.keys(ownCounters)) counters.add(name, 3, { source: 'xiq' });

  const families = parsePrometheus(await telemetry.prometheus());
  const under = (name: string) => name.replaceAll('.', '_');
  const expected = [
    ...Object.entries(ownCounters).map(
      ([name, { help }]) => [`${under(name)}_total`, { type: 'COUNTER', help }] as const,
    ),
    ...Object.entries(ownGauges).map(([name, { help }]) => [under(name), { type: 'GAUGE', help }] as const),
  ];
  expect(new Map(families.map(({ name, type, help }) => [name, { type, help }]))).toEqual(
    new Map([...expected, ['target_info', { type: 'GAUGE', help: 'Target metadata' }]]),
  );
});

it('target_info has the resource', async () => {
  const { telemetry } = telemetryForTest();
  const [info] = parsePrometheus(await telemetry.prometheus());
  expect(info?.metrics[0]?.labels).toEqual({
    service_name: resource.name,
    service_version: resource.version,
    service_instance_id: resource.instanceId,
  });
});

it('each scrape shows the current values: a removed destination is gone, a count has grown', async () => {
  let readings: readonly GaugeReading[] = [
    { name: 'xiq_siem.destination.open_events', value: 7, attributes: { destination: 'a' } },
    { name: 'xiq_siem.destination.open_events', value: 8, attributes: { destination: 'b' } },
  ];
  const { telemetry, counters } = telemetryForTest({ gauges: () => readings });
  counters.add('xiq_siem.journal.syncs', 1);
  expect(await telemetry.prometheus()).toContain('xiq_siem_destination_open_events{destination="b"} 8\n');

  readings = readings.slice(0, 1);
  counters.add('xiq_siem.journal.syncs', 1);
  const later = await telemetry.prometheus();
  expect(later).toContain('xiq_siem_journal_syncs_total 2\n');
  expect(later).toContain('xiq_siem_destination_open_events{destination="a"} 7\n');
  expect(later).not.toContain('destination="b"');
});

it('unknown values are left out', async () => {
  const { telemetry } = telemetryForTest({
    gauges: () => [
      { name: 'xiq_siem.journal.hours_until_full', value: Number.NaN },
      { name: 'xiq_siem.journal.bytes', value: 1e21 },
    ],
  });
  const text = await telemetry.prometheus();
  expect(text).not.toContain('hours_until_full');
  expect(Number(parsePrometheus(text).find(({ name }) => name === 'xiq_siem_journal_bytes')?.metrics[0]?.value)).toBe(
    1e21,
  );
});

it('an unlimited number of attribute values does not make an unlimited exposition', async () => {
  const { telemetry, counters } = telemetryForTest();
  for (let value = 0; value < 50_000; value += 1) {
    counters.add('xiq_siem.receiver.refused_credentials', 1, { source: `${value}` });
  }
  const [family] = parsePrometheus(await telemetry.prometheus()).filter(({ name }) => name.includes('refused'));
  expect(family?.metrics).toHaveLength(2_001);
  expect(family?.metrics.find(({ labels }) => labels['overflow'] === 'true')?.value).toBe('48000');
});

it('gauges that fail are logged once, and the counters are shown', async () => {
  const { telemetry, counters, lines } = telemetryForTest({
    gauges: () => {
      throw new Error('the journal is closed');
    },
  });
  counters.add('xiq_siem.journal.syncs', 4);
  await telemetry.prometheus();
  expect(await telemetry.prometheus()).toContain('xiq_siem_journal_syncs_total 4\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'error', event: 'telemetry.gauges_failed', error: 'Error: the journal is closed' },
  ]);
});

it('gauges that time out are logged, not called twice at once, and the counters are shown', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const { telemetry, counters, lines } = telemetryForTest({
    gauges: () => {
      asked += 1;
      return new Promise(() => {});
    },
  });
  counters.add('xiq_siem.journal.syncs', 4);
  const looks = Promise.all([telemetry.prometheus(), telemetry.prometheus()]);
  await vi.waitUntil(async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    return lines.length > 0;
  });
  for (const text of await looks) expect(text).toContain('xiq_siem_journal_syncs_total 4\n');
  expect(asked).toBe(1);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 'error', event: 'telemetry.gauges_timeout' }]);
});

it('the process has gauges for memory, event loop delay, uptime and build', async () => {
  const measured = measureProcess('1.2.3');
  const { telemetry } = telemetryForTest({ gauges: measured.readings });
  const families = parsePrometheus(await telemetry.prometheus());
  measured.stop();
  const of = (name: string) => families.find((family) => family.name === name)?.metrics[0];
  expect(Number(of('xiq_siem_process_rss_bytes')?.value)).toBeGreaterThan(10_000_000);
  expect(Number(of('xiq_siem_process_event_loop_delay_p99_ms')?.value)).toBeGreaterThanOrEqual(0);
  expect(Number(of('xiq_siem_process_uptime_seconds')?.value)).toBeGreaterThan(0);
  expect(of('xiq_siem_build_info')?.labels).toEqual({ version: '1.2.3', node: process.versions.node });
});
