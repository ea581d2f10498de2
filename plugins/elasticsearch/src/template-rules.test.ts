import { describe, expect, test } from 'vitest';
import { componentTemplateList, indexTemplateList, templateFault } from './template-rules.ts';
import { templateMetaOf } from './template-version.ts';
import { testFields } from './test-context.ts';

const ours = templateMetaOf(testFields);
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
const mine = index('logs-extreme_xiq', ['logs-extreme_xiq.*-*'], 200, { composed_of });
const builtIn = index('logs', ['logs-*-*'], 100, { composed_of: ['ecs@mappings'] });
const parts = [component('extreme_xiq@settings'), component('extreme_xiq@mappings', { _meta: ours, dynamic: false })];

const faultOf = (indexes: readonly object[], components: readonly object[] = parts) =>
  templateFault(
    stream,
    {
      index: indexTemplateList.parse({ index_templates: indexes }).index_templates,
      components: componentTemplateList.parse({ component_templates: components }).component_templates,
    },
    ours,
  );
const messageOf = (...lists: Parameters<typeof faultOf>) => faultOf(...lists)?.message;

test('our template is in force, also beside the built-in one, and whatever the order', () => {
  expect(faultOf([mine])).toBeUndefined();
  expect(faultOf([builtIn, mine])).toBeUndefined();
  expect(faultOf([mine, builtIn])).toBeUndefined();
});

test('a template of higher priority is in force as well if it is composed of our mappings', () => {
  expect(faultOf([mine, index('site', 'logs-*', 500, { composed_of })])).toBeUndefined();
});

test.each([
  ['no template at all', [], 'no index template is there'],
  ['the built-in one alone', [builtIn], 'logs-extreme_xiq is not there, and logs wins'],
  ['one that outranks ours', [mine, index('other', ['x-*', 'logs-*audit*'], 201)], 'other (priority 201) wins over'],
  [
    'mappings of its own that map by guess',
    [index('x', '*', 9, { composed_of, template: { mappings: { dynamic: true } } })],
    '`dynamic: true`',
  ],
])('%s', (_, indexes, message) => {
  expect(messageOf(indexes)).toContain(message);
});

test('a fault of our own templates is one of every data stream, one of a template that wins of its own alone', () => {
  expect([[], [builtIn], [mine, index('other', '*', 201)]].map((list) => faultOf(list)?.everywhere)).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  ['is not there', [], 'is not ours'],
  ['is somebody else’s', [component('extreme_xiq@mappings', { dynamic: false })], 'is not ours'],
  [
    'has other fields',
    [component('extreme_xiq@mappings', { dynamic: false, _meta: templateMetaOf(testFields.slice(1)) })],
    'is of another version',
  ],
  [
    'is overruled by a later part',
    [...parts, component('logs-extreme_xiq@custom', { dynamic: 'runtime' })],
    '`dynamic: runtime`',
  ],
])('our component template %s', (_, components, message) => {
  expect(faultOf([mine], components)).toEqual({ message: expect.stringContaining(message), everywhere: true });
});

test('a newer version of ours is in force', () => {
  const { version } = ours.xiq_siem;
  const newer = { xiq_siem: { version: version + 1, fields: 'of another time' } };
  expect(faultOf([mine], [component('extreme_xiq@mappings', { dynamic: false, _meta: newer })])).toBeUndefined();
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
    expect(messageOf([mine, index('other', pattern, 999)])?.includes('other') ?? false).toBe(matches);
  });
});
