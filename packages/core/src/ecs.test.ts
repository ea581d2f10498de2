import { expect, expectTypeOf, it } from 'vitest';
import type { EcsFields } from './ecs.generated.ts';
import type { EcsDocument } from './ecs.ts';
import { ecsDocument, nestFields } from './ecs.ts';

it('nests dotted names and omits undefined values', () => {
  expect(nestFields({ 'a.b': 1, 'a.c.d': ['x'], 'a.e': undefined, '@timestamp': 't' })).toEqual({
    a: { b: 1, c: { d: ['x'] } },
    '@timestamp': 't',
  });
});

it('creates a document of typed fields', () => {
  const document = ecsDocument(
    { 'event.kind': 'event', 'user.target.name': 'x' },
    { extreme: { xiq: { ssid: 'Corp' } } },
  );
  expect(document).toEqual({
    event: { kind: 'event' },
    user: { target: { name: 'x' } },
    extreme: { xiq: { ssid: 'Corp' } },
  });
});

it('does not compile with a field, a value or a type that ECS does not have', () => {
  // @ts-expect-error no such field
  const field: EcsDocument = { event: { colour: 'red' } };
  // @ts-expect-error no such value
  const value: Partial<EcsFields> = { 'event.outcome': 'maybe' };
  // @ts-expect-error must be an array
  const shape: EcsDocument = { event: { category: 'iam' } };
  expect([field, value, shape]).toHaveLength(3);
  expectTypeOf<EcsFields['event.kind']>().toExtend<string>();
});
