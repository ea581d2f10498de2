import { expect, it } from 'vitest';
import { createCounters } from './counters.ts';

it('attributes are returned unchanged, whatever they contain', () => {
  const counters = createCounters();
  const hostile = { source: 'a,status=b}{"\n\\', status: '' };
  counters.add('xiq_siem.receiver.requests', 2, hostile);
  counters.add('xiq_siem.receiver.requests', 3, hostile);
  counters.add('xiq_siem.journal.syncs', 1);
  expect(counters.readings()).toEqual([
    { name: 'xiq_siem.journal.syncs', attributes: {}, value: 1 },
    { name: 'xiq_siem.receiver.requests', attributes: hostile, value: 5 },
  ]);
});

it('two sets of attributes are never confused', () => {
  const counters = createCounters();
  counters.add('xiq_siem.receiver.requests', 1, { a: '1,b=1:2' });
  counters.add('xiq_siem.receiver.requests', 1, { a: '1', b: '2' });
  counters.add('xiq_siem.receiver.requests', 1, { a: '1' });
  expect(counters.readings()).toHaveLength(3);
});

it('the order of attributes makes no difference', () => {
  const counters = createCounters();
  counters.add('xiq_siem.destination.events', 1, { destination: 'a', outcome: 'delivered' });
  counters.add('xiq_siem.destination.events', 1, { outcome: 'delivered', destination: 'a' });
  expect(counters.snapshot()).toEqual({ 'xiq_siem.destination.events{destination=a,outcome=delivered}': 2 });
});

it('a million different values make no more series than the limit, and every count is kept', () => {
  const counters = createCounters();
  counters.add('xiq_siem.receiver.requests', 1, { source: 'xiq' });
  for (let value = 0; value < 1_000_000; value += 1) {
    counters.add('xiq_siem.receiver.refused_credentials', 1, { source: `${value}` });
  }
  counters.add('xiq_siem.receiver.requests', 1, { source: 'xiq' });
  counters.add('xiq_siem.receiver.bytes', 7, { source: 'xiq' });

  const readings = counters.readings();
  expect(readings).toHaveLength(2_002);
  const refused = readings.filter(({ name }) => name === 'xiq_siem.receiver.refused_credentials');
  expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(1_000_000);
  expect(counters.snapshot()).toMatchObject({
    'xiq_siem.receiver.requests{source=xiq}': 2,
    'xiq_siem.receiver.refused_credentials{overflow=true}': 1_000_000 - 1_999,
    'xiq_siem.receiver.bytes{overflow=true}': 7,
  });
});

it('a plugin metric that Prometheus would confuse with another is rejected', () => {
  const counters = createCounters();
  const description = { help: 'Things.', unit: '{thing}', attributes: ['destination'] };
  const named = (name: string, attributes = description.attributes) =>
    counters.declare({ [`xiq_siem.destination.${name}`]: { ...description, attributes } }).length === 0;
  expect(named('things_2')).toBe(true);
  for (const name of ['things_total', 'more.things', 'Things', '2things', '', 'ting\n', 'x'.repeat(100)]) {
    expect(named(name), name).toBe(false);
  }
  for (const attribute of ['destination', 'overflow', 'a.b', 'A', '', '__name__']) {
    expect(named('others', ['destination', attribute]), attribute).toBe(false);
  }
  expect(counters.describe('xiq_siem.destination.others')).toEqual({ help: '' });
});

it('the first declaration of a metric wins, and a plugin cannot redeclare a metric of the connector', () => {
  const own = { help: 'Ours.', unit: '{body}', attributes: ['destination'] };
  const line = { help: 'Lines.', unit: '{line}', attributes: ['destination'] };
  const counters = createCounters({ 'xiq_siem.destination.lag_bodies': own });
  const declare = (name: string, meaning: typeof line) =>
    counters.declare({ [`xiq_siem.destination.${name}`]: meaning });
  expect(declare('lag_bodies', { ...own })).toEqual(['xiq_siem.destination.lag_bodies']);
  expect(declare('lines', line)).toEqual([]);
  expect(declare('lines', { ...line, attributes: ['destination'] })).toEqual([]);
  for (const other of [{ help: 'Other.' }, { unit: 'By' }, { attributes: ['destination', 'kind'] }]) {
    expect(declare('lines', { ...line, ...other })).toEqual(['xiq_siem.destination.lines']);
  }
  expect(counters.describe('xiq_siem.destination.lines')).toEqual(line);
  expect(counters.describe('xiq_siem.destination.lag_bodies')).toEqual(own);
});
