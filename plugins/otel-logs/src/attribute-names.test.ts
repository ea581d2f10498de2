import { readFile } from 'node:fs/promises';
import { EcsFlat } from '@elastic/ecs';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { ecsFieldDefinitions } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { attributeNames } from './attribute-names.ts';

const renamed: ReadonlyMap<string, string> = new Map(Object.entries(attributeNames));
const names = ecsFieldDefinitions.map(({ name }) => name);
const attributeOf = (name: string): string => renamed.get(name) ?? name;

/** The attributes of the semantic conventions, except deprecated ones. */
const declarations = await readFile(
  new URL('./experimental_attributes.d.mts', import.meta.resolve('@opentelemetry/semantic-conventions')),
  'utf8',
);
const deprecated = new Set(
  declarations
    .split('/**')
    .filter((part) => part.includes('@deprecated'))
    .flatMap((part) => /ATTR_\w+: "([^"]+)"/.exec(part)?.[1] ?? []),
);
const current = new Set<unknown>(
  Object.entries(conventions).flatMap(([key, value]) =>
    key.startsWith('ATTR_') && !deprecated.has(String(value)) ? [value] : [],
  ),
);

const relations = z.object({ otel: z.array(z.object({ relation: z.string(), attribute: z.string().optional() })) });
const official = z.record(z.string(), z.unknown()).parse(EcsFlat);
const related = names.flatMap((name) => {
  const found = relations.safeParse(official[name]).data?.otel ?? [];
  return found.map(({ relation, attribute }) => ({ name, relation, attribute }));
});

it('uses the attribute that ECS names as a match or an equivalent', () => {
  const wanted = related
    .filter(({ relation }) => relation === 'match' || relation === 'equivalent')
    .map(({ name, attribute = name }) => [name, attribute]);
  expect(wanted.length).toBeGreaterThan(8);
  const other = wanted.filter(([name = '', attribute]) => attributeOf(name) !== attribute);
  // The reasons are beside the table.
  expect(other.map(([name]) => name)).toEqual(['client.address', 'service.name']);
});

it('renames fields to current attributes of the semantic conventions only', () => {
  expect(current.size).toBeGreaterThan(500);
  expect([...renamed.values()].filter((name) => !current.has(name))).toEqual(['extreme.xiq.client_address']);
});

it('sends no field under a name that the semantic conventions have deprecated', () => {
  expect(deprecated).toContain('error.message');
  expect(names.map(attributeOf).filter((name) => deprecated.has(name))).toEqual([]);
});

it('gives each field an attribute of its own', () => {
  const all = new Set([...names, ...renamed.keys()]);
  expect(new Set([...all].map(attributeOf)).size).toBe(all.size);
});

it('the guide has the same table', async () => {
  const guide = await readFile(new URL('../../../docs/guides/destinations.md', import.meta.url), 'utf8');
  const rows = [...guide.matchAll(/^\| `([\w.]+)` \| attribute `([\w.]+)`/gm)].map(([, ecs, otel]) => [ecs, otel]);
  expect(rows).toEqual(Object.entries(attributeNames));
});
