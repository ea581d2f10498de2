import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type ConfigChanges, configChanges } from './changes.ts';
import { type Configuration, checkConfiguration } from './load.ts';
import { testRegistry as registry } from './test-registry.ts';

async function configured(value: object): Promise<Configuration> {
  const locate = () => ({ file: 'x', field: '', message: '' });
  const checked = await checkConfiguration(
    { value, faults: [], locate },
    undefined,
    resolve('.'),
    registry,
    process.env,
  );
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
  return checked.configuration;
}

const nothing: ConfigChanges = { added: [], removed: [], changed: [], sources: [], needsRestart: [] };
const file = (directory: string) => ({ type: 'file', directory });
const base = { destinations: { one: file('a'), two: file('b') }, sources: { xiq: { type: 'xiq' } } };

test.each<[string, object, Partial<ConfigChanges>]>([
  ['the same', base, {}],
  [
    'the same with a default written out',
    { ...base, server: { host: undefined }, healthEvents: { enabled: true } },
    {},
  ],
  ['an added destination', { ...base, destinations: { ...base.destinations, three: file('c') } }, { added: ['three'] }],
  ['a removed destination', { ...base, destinations: { two: file('b') } }, { removed: ['one'] }],
  ['another directory', { ...base, destinations: { one: file('z'), two: file('b') } }, { changed: ['one'] }],
  [
    'another routing',
    { ...base, destinations: { one: { ...file('a'), where: { datasets: ['x'] } }, two: file('b') } },
    { changed: ['one'] },
  ],
  ['another proxy for all', { ...base, egress: { proxy: 'http://p:1' } }, { changed: ['one', 'two'] }],
  [
    'another time zone',
    { ...base, sources: { xiq: { type: 'xiq', timeZone: 'Asia/Tokyo' } } },
    { sources: ['sources.xiq changed'] },
  ],
  [
    'another source',
    { ...base, sources: { new: { type: 'xiq' } } },
    { sources: ['sources.xiq removed', 'sources.new added'] },
  ],
  ['another grace period', { ...base, shutdownGraceMs: 1 }, {}],
  ['disabled health events', { ...base, healthEvents: { enabled: false } }, {}],
  [
    'another port',
    { ...base, admin: { port: 1 }, server: { port: 2 } },
    { needsRestart: ['server.port', 'admin.port'] },
  ],
  ['another data directory', { ...base, dataDirectory: './elsewhere' }, { needsRestart: ['dataDirectory'] }],
  ['a smaller journal', { ...base, journal: { maxBytes: 1 << 30 } }, { needsRestart: ['journal.maxBytes'] }],
  ['fewer dead letters', { ...base, deadLetters: { maxBytes: 1 << 21 } }, { needsRestart: ['deadLetters.maxBytes'] }],
])('%s', async (_, next, wanted) => {
  expect(configChanges(await configured(base), await configured(next))).toEqual({ ...nothing, ...wanted });
});
