import { describe, expect, test } from 'vitest';
import { componentTemplateList, indexTemplateList, templateFault } from './template-rules.ts';
import { templateMetaOf } from './template-version.ts';
import { testFields } from './test-context.ts';

const expected = templateMetaOf(testFields);
const stream = 'logs-extreme_xiq.audit-default';
const composed_of = ['extreme_xiq@mappings', 'extreme_xiq@settings', 'logs-extreme_xiq@custom'];

const index = (name: string, index_patterns: string | readonly string[], priority?: number, more: object = {}) => ({
  name,
  index_template: { index_patterns, ...(priority === undefined ? {} : { priority }), ...more },
});
const component = (name: string, mappings?: object) => ({
  name,
  component_template: { template: mappings === undefined ? {} : { mappings } },
});
const own = index('logs-extreme_xiq', ['logs-extreme_xiq.*-*'], 200, { composed_of });
const builtIn = index('logs', ['logs-*-*'], 100, { composed_of: ['ecs@mappings'] });
const parts = [
  component('extreme_xiq@settings'),
  component('extreme_xiq@mappings', { _meta: expected, dynamic: false }),
];

const faultOf = (indexes: readonly object[], components: readonly object[] = parts) =>
  templateFault(
    stream,
    {
      index: indexTemplateList.parse({ index_templates: indexes }).index_templates,
      components: componentTemplateList.parse({ component_templates: components }).component_templates,
    },
    expected,
  );
const messageOf = (...lists: Parameters<typeof faultOf>) => faultOf(...lists)?.message;

test('the template of the connector is active, also beside the built-in one, in any order', () => {
  expect(faultOf([own])).toBeUndefined();
  expect(faultOf([builtIn, own])).toBeUndefined();
  expect(faultOf([own, builtIn])).toBeUndefined();
});

test('another template with higher priority is accepted if it is composed of the mappings of the connector', () => {
  expect(faultOf([own, index('site', 'logs-*', 500, { composed_of })])).toBeUndefined();
});

test.each([
  ['no template at all', [], 'no index template matches'],
  ['the built-in one alone', [builtIn], 'logs-extreme_xiq is missing, and logs applies'],
  ['one with higher priority', [own, index('other', ['x-*', 'logs-*audit*'], 201)], 'other (priority 201) overrides'],
  [
    'own mappings with dynamic mapping',
    [index('x', '*', 9, { composed_of, template: { mappings: { dynamic: true } } })],
    '`dynamic: true`',
  ],
])('%s', (_, indexes, message) => {
  expect(messageOf(indexes)).toContain(message);
});

test('a fault of the templates of the connector concerns every data stream, a fault of another template only its own', () => {
  expect([[], [builtIn], [own, index('other', '*', 201)]].map((list) => faultOf(list)?.common)).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  ['is missing', [], "is not the connector's"],
  ['is foreign', [component('extreme_xiq@mappings', { dynamic: false })], "is not the connector's"],
  [
    'has other fields',
    [component('extreme_xiq@mappings', { dynamic: false, _meta: templateMetaOf(testFields.slice(1)) })],
    'has another version',
  ],
  [
    'is overridden by a later part',
    [...parts, component('logs-extreme_xiq@custom', { dynamic: 'runtime' })],
    '`dynamic: runtime`',
  ],
])('the component template %s', (_, components, message) => {
  expect(faultOf([own], components)).toEqual({ message: expect.stringContaining(message), common: true });
});

test('a newer version of the template is active', () => {
  const { version } = expected.xiq_siem;
  const newer = { xiq_siem: { version: version + 1, fields: 'other fields' } };
  expect(faultOf([own], [component('extreme_xiq@mappings', { dynamic: false, _meta: newer })])).toBeUndefined();
});

describe('a pattern', () => {
  test.each([
    [stream, true],
    ['*', true],
    ['logs-*', true],
    ['*-default', true],
    ['logs-*audit*default', true],
    ['logs-*-*-*', false],
    ['logs-*defaultt', false],
    ['logs-*audit-default*default', false],
    ['logs-extreme_xiq.audit-default*default', false],
    ['logs', false],
    ['', false],
  ])('%s: %s', (pattern, matches) => {
    expect(messageOf([own, index('other', pattern, 999)])?.includes('other') ?? false).toBe(matches);
  });
});
