import { checkConfiguration } from '@xiq-siem/config';
import { defineDestination, defineSource, type MetricTable } from '@xiq-siem/core';
import { createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { destinationContext, readingSources } from './plugins.ts';

const lines = { help: 'Lines.', unit: '{line}', attributes: ['kind'] };

/** Counts a metric of all sources and one of its own. */
const countingSource = defineSource({
  type: 'counting',
  configSchema: z.strictObject({}),
  fields: [],
  // The metrics of all sources override a declaration of the plugin.
  metrics: { lines, events: { help: 'Other.', unit: 'By', attributes: ['other'] } },
  create: (_, { meter }) => ({
    authenticatesBy: 'headers',
    accepts: () => true,
    authenticate: () => ({ ok: false }),
    normalize() {
      meter.add('events', 1, { dataset: 'a.b' });
      meter.add('lines', 2, { kind: 'long' });
      return [];
    },
  }),
});

const writing = defineDestination({
  type: 'writing',
  assurance: 'stored',
  codes: [],
  metrics: { lines },
  configSchema: z.strictObject({}),
  create: () => Promise.reject(new Error('not created here')),
});

async function configurationOf(value: object, source: typeof countingSource = countingSource) {
  const yaml = { value, faults: [], locate: () => ({ file: '', field: '', message: '' }) };
  const registry = {
    self: countingSource,
    sources: [source] as const,
    destinations: { writing: async () => writing },
  };
  const checked = await checkConfiguration(yaml, undefined, '/', registry, {});
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
  return checked.configuration;
}

function servicesToTest() {
  const [log, meter] = [createRecordingLogger(), createRecordingMeter()];
  const declared: MetricTable[] = [];
  const declare = (metrics: MetricTable) => {
    declared.push(metrics);
    return [];
  };
  const agent = { id: 'an-id', name: 'xiq-siem-1', version: '0.1.0' };
  return { log, counted: meter, declared, services: { agent, log, now: Date.now, meter: { ...meter, declare } } };
}

const configured = { sources: { here: { type: 'counting' } }, destinations: { out: { type: 'writing' } } };

test.each(['here', 'removed', 'self'])('the source %s counts its declared metrics under its name', async (name) => {
  const { log, counted, declared, services } = servicesToTest();
  const sourceOf = readingSources(await configurationOf(configured), services);
  const metadata = { source: name, origin: 'webhook', receivedAtMs: 0 } as const;
  const body = { sequence: 0, receipt: 'r1_a', metadata, bytes: new Uint8Array() };
  expect([...sourceOf(body).normalize(body, 0)]).toEqual([]);
  expect(counted.additions).toEqual([
    { name: 'xiq_siem.source.events', value: 1, attributes: { source: name, dataset: 'a.b' } },
    { name: 'xiq_siem.source.lines', value: 2, attributes: { source: name, kind: 'long' } },
  ]);
  expect(log.of('plugin.metric_rejected')).toEqual([]);
  expect(declared.at(-1)).toMatchObject({
    'xiq_siem.source.events': { help: 'Events normalized.', attributes: ['source', 'dataset'] },
    'xiq_siem.source.lines': { ...lines, attributes: ['source', 'kind'] },
  });
});

test('every log line of a plugin names its source or destination, and a plugin cannot replace the name', async () => {
  const { log, services } = servicesToTest();
  const reading = defineSource({
    ...countingSource,
    create: (_, context) => {
      context.log.info('test.source', { source: 'another', a: 1 });
      return countingSource.create({}, context);
    },
  });
  const configuration = await configurationOf(configured, reading);
  readingSources(configuration, services);
  const [out] = configuration.destinations;
  if (out === undefined) throw new Error('no destination');
  const { context } = destinationContext(out, configuration, services);
  for (const level of ['debug', 'info', 'warn', 'error'] as const) context.log[level](`test.${level}`);
  expect(log.lines.map(({ level, event, attributes }) => [level, event, attributes])).toEqual([
    ['info', 'test.source', { source: 'here', a: 1 }],
    ...['debug', 'info', 'warn', 'error'].map((level) => [level, `test.${level}`, { destination: 'out' }]),
  ]);
});

test('a destination counts by its name in the configuration', async () => {
  const { counted, services } = servicesToTest();
  const configuration = await configurationOf(configured);
  const [out] = configuration.destinations;
  if (out === undefined) throw new Error('no destination');
  destinationContext(out, configuration, services).context.meter.add('lines', 1, { kind: 'short' });
  expect(counted.additions).toEqual([
    { name: 'xiq_siem.destination.lines', value: 1, attributes: { destination: 'out', kind: 'short' } },
  ]);
});
