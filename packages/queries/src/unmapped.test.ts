import type { UnmappedField } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { audit, destinations, type Fixture, linesOf, never, openFixture } from './test-queries.ts';
import { unmappedOf } from './unmapped.ts';

async function unmapped(fixture: Fixture, more: Partial<ReturnType<Fixture['readModel']>> = {}) {
  const forms = [{ source: 'xiq', form: 'header', count: 3 }];
  const lines = await linesOf(unmappedOf({ ...fixture.readModel(), ...more }, {}, forms, never));
  const last = lines.at(-1);
  if (last?.kind !== 'end') throw new Error('it has no end');
  return last;
}

test('unmapped fields are counted by path and type, and no value is shown', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1, { riskScore: 7, deep: { inner: ['s3cret'] } }), audit(2, { riskScore: 8 })]);
  await fixture.keep([audit(3)]);
  const told = await unmapped(fixture);
  expect(told).toMatchObject({
    snapshot: false,
    types: [{ messageType: 'AUDIT_LOG_ALL', bodies: 1, omitted: 0 }],
    authentication: [{ source: 'xiq', form: 'header', count: 3 }],
  });
  expect(told.types[0]?.fields[0]).toEqual({ path: 'riskScore', type: 'number', count: 2 });
  expect(told.types[0]?.fields).toContainEqual({ path: 'deep.inner[]', type: 'string', count: 1 });
  expect(JSON.stringify(told)).not.toContain('s3cret');
});

test("the connector's own events have no unmapped fields", async () => {
  await using fixture = await openFixture(destinations('one'));
  const metadata = { source: 'self', origin: 'self' as const, receivedAtMs: fixture.now() };
  await fixture.journal.append(metadata, Buffer.from('[{"odd":1}]'));
  expect(await unmapped(fixture)).toMatchObject({ types: [] });
});

test('the numbers of fields and types are limited, and the omitted ones are counted', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([{}]);
  const manyFields = function* (): Generator<UnmappedField> {
    for (let field = 0; field < 700; field += 1) yield { messageType: 'T', path: `f${field}`, type: 'string' };
    for (let type = 0; type < 300; type += 1) yield { messageType: `T${type}`, path: 'x', type: 'null' };
  };
  const told = await unmapped(fixture, { unmapped: manyFields });
  expect(told.types[0]).toMatchObject({ messageType: 'T', omitted: 200 });
  expect(told.types[0]?.fields).toHaveLength(500);
  expect(told.types).toHaveLength(101);
  expect(told.types.find(({ messageType }) => messageType === 'others')?.fields).toMatchObject([{ count: 201 }]);
});

test('it yields to the pipeline within a body, and a client that disconnects ends it there', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([{}]);
  let given = 0;
  const manyFields = function* (): Generator<UnmappedField> {
    for (; given < 1000; given += 1) yield { messageType: 'T', path: 'x', type: 'null' };
  };
  const leaving = new AbortController();
  const yieldNow = async (): Promise<void> => {
    if (given === 10) leaving.abort();
  };
  const lines = await linesOf(
    unmappedOf({ ...fixture.readModel(), unmapped: manyFields, yieldNow }, {}, [], leaving.signal),
  );
  expect(lines.map(({ kind }) => kind)).toEqual(['progress']);
  expect(given).toBe(10);
});
