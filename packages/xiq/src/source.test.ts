import { expect, it } from 'vitest';
import { mappings } from './mappings/table.ts';
import { messageTypes } from './message-types.ts';
import { type FieldRule, type FieldTable, namesOf } from './read/field-table.ts';
import { xiqSource } from './source.ts';
import { testSource } from './test-source.ts';

it('accepts the nine message types, and new ones', () => {
  const source = testSource();
  for (const type of [...Object.keys(messageTypes), 'SENSOR_LOG_ALL', 'A']) expect(source.accepts(type)).toBe(true);
  const refused = ['', 'audit', '1A', '_A', 'A-B', 'A/B', 'Ä', 'A\n', `A${'B'.repeat(64)}`];
  for (const type of refused) expect(source.accepts(type)).toBe(false);
});

it('has working defaults', () => {
  expect(xiqSource.configSchema.parse({})).toEqual({
    namespace: 'default',
    timeZone: 'UTC',
    repeats: 'same',
    organization: {},
    labels: {},
  });
  expect(xiqSource.configSchema.parse({ header: 'X-Token' }).header).toBe('x-token');
});

it.each([
  { namespace: 'a-b' },
  { namespace: 'A' },
  { namespace: '' },
  { namespace: 'x'.repeat(101) },
  { timeZone: 'Mars/Olympus' },
  { timeZone: '+02:00' },
  { labels: { 'a.b': 'x' } },
  { labels: { a: 5 } },
  { labels: { a: ' ' } },
  { organization: { id: '' } },
  { organization: { name: 'a\u0000b' } },
  { organization: { name: 'a\ud800' } },
  { organization: { name: 'x'.repeat(257) } },
  { labels: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${index}`, 'x'])) },
  { header: 'X Token' },
  { unknown: 1 },
])('refuses %j', (config) => {
  expect(xiqSource.configSchema.safeParse(config).success).toBe(false);
});

it('a rule with an unknown field or a wrong kind does not compile', () => {
  const tables: FieldTable[] = [
    // @ts-expect-error no such field of ECS
    { a: { as: 'text', to: ['user.nickname'] } },
    // @ts-expect-error no such field below extreme.xiq
    { a: { as: 'text', to: ['extreme.xiq.nickname'] } },
    // @ts-expect-error a number is no text
    { a: { as: 'text', to: ['client.bytes'] } },
    // @ts-expect-error not any text is an outcome
    { a: { as: 'text', to: ['event.outcome'] } },
    // @ts-expect-error no such kind
    { a: { as: 'colour' } },
  ];
  expect(tables).toHaveLength(5);
});

it.each(Object.entries(mappings))('no two rules of the %s table have the same spelling', (_, { fields }) => {
  const claimed = Object.entries<FieldRule>(fields).flatMap(([name, rule]) => namesOf(name, rule));
  expect(claimed.filter((spelling, index) => claimed.indexOf(spelling) !== index)).toEqual([]);
});

it('declares every field once', () => {
  const names = xiqSource.fields.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => name.startsWith('extreme.xiq.'))).toBe(true);
});
