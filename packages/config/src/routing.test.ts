import { expect, it } from 'vitest';
import { advise } from './advice.ts';
import { checkConfiguration } from './load.ts';
import { routingFaults } from './routing.ts';
import { testRegistry as registry } from './test-registry.ts';
import { parseYaml } from './yaml-file.ts';

async function configured(where: string, sources = '{ xiq: { type: xiq } }') {
  const yaml = parseYaml(
    'c.yaml',
    `sources: ${sources}\ndestinations:\n  one: { type: file, directory: ./out, where: ${where} }\n`,
  );
  const result = await checkConfiguration(yaml, '/etc/x/c.yaml', '/etc/x', registry, {});
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return { configuration: result.configuration, ...routingFaults(result.configuration) };
}

it('Operator: a `where` with a name that is no dataset can match nothing: validate names the dataset that is meant', async () => {
  const { configuration, destinations, sources } = await configured('{ datasets: [audit] }');
  const text = 'where.datasets: audit is no dataset: did you mean extreme_xiq.audit?';
  expect(destinations.get('one')).toBe(text);
  expect([...sources]).toEqual(['xiq']);
  expect(advise(configuration)).toContain(`destinations.one.${text}`);
});

it('Operator: a `where` with a name that is no source can match nothing', async () => {
  const { destinations } = await configured('{ sources: [nope] }');
  expect(destinations.get('one')).toBe('where.sources: nope is no source: expected one of xiq, self');
});

it('one unknown name beside a known one is advice, and not a fault', async () => {
  const { destinations, sources, advice } = await configured('{ datasets: [audit, extreme_xiq.sms] }');
  expect([destinations.size, sources.size]).toEqual([0, 0]);
  expect(advice).toContainEqual(expect.stringContaining('audit is no dataset'));
});

it('a combination that excludes everything is found', async () => {
  const where = '{ datasets: [extreme_xiq.sms], exceptDatasets: [extreme_xiq.sms] }';
  expect((await configured(where)).destinations.get('one')).toContain('excludes every dataset');
});

it('a source without a destination is found; no `where` matches everything', async () => {
  const two = '{ xiq: { type: xiq }, guest: { type: xiq } }';
  expect([...(await configured('{ sources: [xiq] }', two)).sources]).toEqual(['guest']);
  const all = await configured('{}', two);
  expect([all.destinations.size, all.sources.size, all.advice]).toEqual([0, 0, []]);
});

it('a source that declares no datasets may send any', async () => {
  const { configuration } = await configured('{ datasets: [custom.data] }');
  const [source] = configuration.sources;
  if (source === undefined) throw new Error('no source');
  const undeclared = { ...configuration, sources: [{ ...source, datasets: undefined }] };
  expect(routingFaults(undeclared)).toEqual({
    ...{ destinations: new Map(), sources: new Set(), datasets: new Map(), advice: [] },
  });
});

const family = (name: string): string => `extreme_xiq.${name}`;
const known = ['audit', 'gdpr', 'credential', 'accounting', 'auth', 'email', 'sms', 'location', 'alert'].map(family);
const fallback = ['unknown', 'unparsed'].map(family);
const except = (...names: readonly string[]) => [...known, ...fallback].filter((name) => !names.includes(name));

const routes: readonly [
  what: string,
  where: readonly object[],
  expected: { readonly nothing: boolean; readonly datasets: readonly string[] },
][] = [
  ['everything', [{}], { nothing: false, datasets: [] }],
  ['all but location', [{ exceptDatasets: [family('location')] }], { nothing: false, datasets: [family('location')] }],
  [
    'two datasets at two destinations',
    [{ datasets: [family('auth')] }, { datasets: [family('sms')] }],
    { nothing: false, datasets: except(family('auth'), family('sms')) },
  ],
  [
    'what one destination excludes, and another one accepts',
    [{ exceptDatasets: [family('auth')] }, { datasets: [family('auth')] }],
    { nothing: false, datasets: [] },
  ],
  ['nothing but what is unknown or unreadable', [{ exceptDatasets: known }], { nothing: true, datasets: [] }],
  ['nothing of this source', [{ sources: ['self'] }], { nothing: true, datasets: [] }],
  ['all but what is unknown or unreadable', [{ datasets: known }], { nothing: false, datasets: fallback }],
  [
    'health events at no destination',
    [{ exceptDatasets: ['extreme_xiq.connector'] }],
    { nothing: false, datasets: [] },
  ],
];

it.each(routes)('A11: datasets that go to no destination are found: %s', async (_, where, { nothing, datasets }) => {
  const { configuration } = await configured('{}');
  const [template] = configuration.destinations;
  if (template === undefined) throw new Error('no destination');
  const destinations = where.map((one, index) => ({
    ...template,
    ...{ name: `d${index}`, options: { ...template.options, where: one } },
  }));
  const faults = routingFaults({ ...configuration, destinations });
  expect([...faults.sources]).toEqual(nothing ? ['xiq'] : []);
  expect([...(faults.datasets.get('xiq') ?? [])].sort()).toEqual([...datasets].sort());
  const expected = nothing ? 'accepts its events;' : `accepts its events of ${faults.datasets.get('xiq')?.join(', ')};`;
  const advice = nothing || datasets.length > 0 ? [expect.stringContaining(expected)] : [];
  expect(faults.advice.filter((text) => text.startsWith('sources.xiq:'))).toEqual(advice);
});
