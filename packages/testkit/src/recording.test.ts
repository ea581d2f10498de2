import { expect, test } from 'vitest';
import { createRecordingLogger, createRecordingMeter } from './recording.ts';

test('a recording logger records its lines in order, with level and attributes', () => {
  const log = createRecordingLogger();
  log.info('a.b');
  log.error('c.d', { destination: 'x' });
  expect(log.lines).toEqual([
    { level: 'info', event: 'a.b', attributes: {} },
    { level: 'error', event: 'c.d', attributes: { destination: 'x' } },
  ]);
  expect(log.of('c.d')).toHaveLength(1);
});

test('a recording meter sums the additions with the given attributes', () => {
  const meter = createRecordingMeter();
  meter.add('xiq_siem.destination.events', 2, { destination: 'a', outcome: 'delivered' });
  meter.add('xiq_siem.destination.events', 3, { destination: 'b', outcome: 'delivered' });
  meter.add('xiq_siem.receiver.bytes', 7);
  expect(meter.total('xiq_siem.destination.events')).toBe(5);
  expect(meter.total('xiq_siem.destination.events', { destination: 'b' })).toBe(3);
  expect(meter.total('xiq_siem.destination.attempts')).toBe(0);
});
