import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { documentNames } from '@xiq-siem/state';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  audit,
  destinations,
  hanging,
  openPipelineFixture,
  type PipelineFixture,
  unavailable,
  until,
} from './test-pipeline.ts';

const names = (fixture: PipelineFixture) => fixture.pipeline.delivery.status().map(({ name }) => name);
const idsAt = (fixture: PipelineFixture, name: string): string[] =>
  fixture.siem(name).received.map((json) => /number (\d+)/.exec(json)?.[1] ?? '');

test('an added destination receives the events from then on', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const applied = await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  expect(applied).toEqual({ changed: ['destinations.two added'], needsRestart: [] });
  await fixture.keep([audit(2)]);
  await fixture.settled();
  expect(idsAt(fixture, 'one')).toEqual(['1', '2']);
  expect(idsAt(fixture, 'two')).toEqual(['2']);
  expect(fixture.siem('one')).toMatchObject({ opened: 1, closed: 0 });
});

test('a removed destination is closed and its position stays; configured again, it resumes there', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(await fixture.pipeline.apply(await fixture.configure(destinations('one')))).toMatchObject({
    changed: ['destinations.two removed'],
  });
  expect(names(fixture)).toEqual(['one']);
  expect(fixture.siem('two')).toMatchObject({ opened: 1, closed: 1 });
  expect(await fixture.journal.orphanedPositions()).toEqual(['two']);
  await fixture.keep([audit(2)]);
  await fixture.settled();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  await fixture.settled();
  expect(idsAt(fixture, 'two')).toEqual(['1', '2']);
  expect(await fixture.journal.orphanedPositions()).toEqual([]);
});

test('a changed destination is opened again and resumes at its position: no event twice, no event lost', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const changed = { ...destinations('one', 'two')['one'], label: 'new' };
  expect(await fixture.pipeline.apply(await fixture.configure({ ...destinations('two'), one: changed }))).toEqual({
    changed: ['destinations.one changed'],
    needsRestart: [],
  });
  await fixture.keep([audit(2)]);
  await fixture.settled();
  expect(idsAt(fixture, 'one')).toEqual(['1', '2']);
  expect(fixture.siem('one')).toMatchObject({ opened: 2, closed: 1 });
  expect(fixture.siem('two')).toMatchObject({ opened: 1, closed: 0 });
  expect(fixture.pipeline.delivery.status().find(({ name }) => name === 'one')?.counters.delivered).toBe(2);
});

test('a destination that is unavailable is changed while the others continue', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  fixture.siem('one').response = unavailable;
  await fixture.keep([audit(1)]);
  await until(() => fixture.pipeline.delivery.status()[0]?.state === 'backing_off');
  fixture.siem('one').response = undefined;
  await fixture.pipeline.apply(
    await fixture.configure({ ...destinations('two'), one: { ...destinations('one')['one'], label: 'fixed' } }),
  );
  await fixture.settled();
  expect(idsAt(fixture, 'one')).toEqual(['1']);
  expect(idsAt(fixture, 'two')).toEqual(['1']);
});

test('L10: a reload asks the destinations that it does not change to reopen their files', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  expect([fixture.siem('one').reopened, fixture.siem('two').reopened]).toEqual([1, 1]);
  fixture.siem('one').staysClosed = true;
  const changed = { ...destinations('one')['one'], label: 'changed' };
  await fixture.pipeline.apply(await fixture.configure({ ...destinations('one'), two: changed, three: changed }));
  expect(['one', 'two', 'three'].map((name) => fixture.siem(name).reopened)).toEqual([2, 1, 0]);
  expect(fixture.log.of('destination.reopen_failed')).toMatchObject([
    { attributes: { destination: 'one', error: 'Error: not reopened' } },
  ]);
});

test('if one destination cannot be opened, nothing changes, and the opened ones are closed', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const before = fixture.pipeline.configuration();
  const broken = { type: 'memory', broken: true };
  const next = await fixture.configure({ ...destinations('other'), broken });
  await expect(fixture.pipeline.apply(next)).rejects.toThrow('cannot be opened');
  expect(fixture.pipeline.configuration()).toBe(before);
  expect(names(fixture)).toEqual(['one']);
  expect(fixture.siem('other')).toMatchObject({ opened: 1, closed: 1 });
  expect(fixture.siem('one').closed).toBe(0);
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect(idsAt(fixture, 'one')).toEqual(['1']);
});

test('if the secret of a source cannot be created, nothing changes, and the opened destinations are closed', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const before = fixture.pipeline.configuration();
  const { services } = fixture;
  await mkdir(join(services.secretsDirectory, 'second'));
  const next = await fixture.configure(destinations('one', 'two'), { sources: { second: { type: 'xiq' } } });
  await expect(fixture.pipeline.apply(next)).rejects.toThrow();
  expect(fixture.pipeline.configuration()).toBe(before);
  expect([...fixture.pipeline.sources().receiving.keys()]).toEqual(['xiq']);
  expect(fixture.siem('two')).toMatchObject({ opened: 1, closed: 1 });
});

test('added and removed sources are reported', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const sources = { second: { type: 'xiq', timeZone: 'Europe/Berlin' } };
  const applied = await fixture.pipeline.apply(await fixture.configure(destinations('one'), { sources }));
  expect(applied.changed).toEqual(['sources.xiq removed', 'sources.second added']);
  expect([...fixture.pipeline.sources().receiving.keys()]).toEqual(['second']);
  expect(fixture.siem('one').opened).toBe(1);
});

test('a mapping applies to bodies that are read from then on, and the previous one stays available', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const first = fixture.pipeline.configuration();
  expect(fixture.pipeline.beforeMapping()).toBeUndefined();
  const rules = (action: string): string => `auditCodes: { "99001": { action: ${action}, type: [change] } }\n`;
  const applied = await fixture.pipeline.apply(await fixture.configure(destinations('one'), {}, rules('first-name')));
  expect(applied.changed).toEqual(['mapping']);
  expect(fixture.pipeline.beforeMapping()).toBe(first);
  await fixture.keep([audit(1)]);
  await fixture.settled();
  const second = fixture.pipeline.configuration();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two'), {}, rules('first-name')));
  expect(fixture.pipeline.beforeMapping()).toBe(first);
  const last = fixture.pipeline.configuration();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two'), {}, rules('second-name')));
  expect(fixture.pipeline.beforeMapping()).toBe(last);
  expect(last).not.toBe(second);
  await fixture.keep([audit(2)]);
  await fixture.settled();
  const [one, other] = fixture.siem('one').received;
  expect(one).toContain('first-name');
  expect(other).toContain('second-name');
});

test('fields that need a restart are reported, and the other changes are applied', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const more = { server: { port: 1234 }, journal: { retainForHours: 1 }, shutdownGraceMs: 5 };
  const applied = await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two'), more));
  expect(applied).toEqual({
    changed: ['destinations.two added'],
    needsRestart: expect.arrayContaining(['server.port', 'journal.retainForHours']),
  });
  expect(applied.needsRestart).toHaveLength(2);
  expect(fixture.pipeline.configuration().shutdownGraceMs).toBe(5);
});

test('a deprecated name of the configuration is logged at the start and at a reload', async () => {
  const old = { one: { type: 'memory', whenFull: 'letGo' } };
  await using fixture = await openPipelineFixture(old);
  await fixture.pipeline.apply(await fixture.configure(old));
  const remediation = expect.stringContaining('`whenFull: evict`');
  const attributes = { name: 'destinations.one.whenFull', file: fixture.file, line: 1, remediation };
  expect(fixture.log.of('configuration.deprecated_name')).toMatchObject([{ attributes }, { attributes }]);
});

test('the same again changes nothing', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  expect(await fixture.pipeline.apply(await fixture.configure(destinations('one')))).toEqual({
    changed: [],
    needsRestart: [],
  });
  expect(fixture.siem('one')).toMatchObject({ opened: 1, closed: 0 });
});

test('concurrent reloads run one after the other', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const [first, second] = [
    await fixture.configure(destinations('one', 'two')),
    await fixture.configure(destinations('three')),
  ];
  await Promise.all([fixture.pipeline.apply(first), fixture.pipeline.apply(second)]);
  expect(names(fixture)).toEqual(['three']);
  await expect(
    fixture.pipeline.apply(await fixture.configure({ x: { type: 'memory', broken: true } })),
  ).rejects.toThrow();
  await fixture.pipeline.apply(await fixture.configure(destinations('one')));
  expect(names(fixture)).toEqual(['one']);
});

test('during a reload, requests are stored and delivered to the destinations that stay', async () => {
  await using fixture = await openPipelineFixture(destinations('one', 'two'));
  fixture.siem('two').response = hanging;
  await fixture.keep([audit(0)]);
  await until(() => fixture.pipeline.delivery.status()[1]?.batchesInFlight === 1);
  let isOver = false;
  const applying = fixture.pipeline.apply(await fixture.configure(destinations('one'))).then(() => {
    isOver = true;
  });
  let kept = 0;
  while (!isOver && kept < 20) {
    kept += 1;
    await fixture.keep([audit(kept)]);
    await until(() => fixture.siem('one').received.length > kept || isOver);
  }
  expect(kept).toBe(20);
  fixture.siem('two').response = undefined;
  await applying;
  await fixture.settled();
  expect(new Set(idsAt(fixture, 'one')).size).toBe(21);
});

test('the settings under which a destination has taken an event are stored; only other settings need a new proof', async () => {
  await using fixture = await openPipelineFixture(destinations('one'));
  const { one, two } = destinations('one', 'two');
  const isProven = () => fixture.pipeline.delivery.status().find(({ name }) => name === 'two')?.proven;
  const applied = async (changes: object) => {
    await fixture.pipeline.apply(await fixture.configure({ one: { ...one }, two: { ...two, ...changes } }));
    return isProven();
  };
  const take = async (id: number) => {
    await fixture.keep([audit(id)]);
    await fixture.settled();
    const document = documentNames.provenSettings('two');
    await until(() => isProven() === true);
    return fixture.state.documents.get(document, z.object({ hash: z.string() }));
  };
  expect(await applied({})).toBe(false);
  const first = await take(1);
  expect(first?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await applied({ batch: { maxEvents: 7 }, where: { datasets: ['extreme_xiq.audit'] } })).toBe(true);
  expect(await applied({ label: 'new' })).toBe(false);
  expect(await applied({})).toBe(true);
  expect(await applied({ label: 'new' })).toBe(false);
  expect((await take(2))?.hash).not.toBe(first?.hash);
});
