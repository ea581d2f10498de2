import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { audit, away, destinations, hanging, openPipelinePlace, type PipelinePlace, until } from './test-place.ts';

const names = (place: PipelinePlace) => place.pipeline.delivery.status().map(({ name }) => name);
const idsAt = (place: PipelinePlace, name: string): string[] =>
  place.siem(name).received.map((json) => /number (\d+)/.exec(json)?.[1] ?? '');

test('a destination that is added takes what comes from then on', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  await place.keep([audit(1)]);
  await place.settled();
  const applied = await place.pipeline.apply(await place.configure(destinations('one', 'two')));
  expect(applied).toEqual({ changed: ['destinations.two added'], needsRestart: [] });
  await place.keep([audit(2)]);
  await place.settled();
  expect(idsAt(place, 'one')).toEqual(['1', '2']);
  expect(idsAt(place, 'two')).toEqual(['2']);
  expect(place.siem('one')).toMatchObject({ opened: 1, closed: 0 });
});

test('one that is taken out is closed, and its position stays until it is forgotten; taken back, it goes on there', async () => {
  await using place = await openPipelinePlace(destinations('one', 'two'));
  await place.keep([audit(1)]);
  await place.settled();
  expect(await place.pipeline.apply(await place.configure(destinations('one')))).toMatchObject({
    changed: ['destinations.two removed'],
  });
  expect(names(place)).toEqual(['one']);
  expect(place.siem('two')).toMatchObject({ opened: 1, closed: 1 });
  expect(await place.journal.orphanedPositions()).toEqual(['two']);
  await place.keep([audit(2)]);
  await place.settled();
  await place.pipeline.apply(await place.configure(destinations('one', 'two')));
  await place.settled();
  expect(idsAt(place, 'two')).toEqual(['1', '2']);
  expect(await place.journal.orphanedPositions()).toEqual([]);
});

test('one that is changed is opened anew and goes on from its position: nothing twice, nothing lost', async () => {
  await using place = await openPipelinePlace(destinations('one', 'two'));
  await place.keep([audit(1)]);
  await place.settled();
  const changed = { ...destinations('one', 'two')['one'], label: 'new' };
  expect(await place.pipeline.apply(await place.configure({ ...destinations('two'), one: changed }))).toEqual({
    changed: ['destinations.one changed'],
    needsRestart: [],
  });
  await place.keep([audit(2)]);
  await place.settled();
  expect(idsAt(place, 'one')).toEqual(['1', '2']);
  expect(place.siem('one')).toMatchObject({ opened: 2, closed: 1 });
  expect(place.siem('two')).toMatchObject({ opened: 1, closed: 0 });
  expect(place.pipeline.delivery.status().find(({ name }) => name === 'one')?.counters.delivered).toBe(2);
});

test('one that hangs is changed all the same, within its grace, while the others go on', async () => {
  await using place = await openPipelinePlace(destinations('one', 'two'));
  place.siem('one').answer = away;
  await place.keep([audit(1)]);
  await until(() => place.pipeline.delivery.status()[0]?.state === 'backing_off');
  place.siem('one').answer = undefined;
  await place.pipeline.apply(
    await place.configure({ ...destinations('two'), one: { ...destinations('one')['one'], label: 'mended' } }),
  );
  await place.settled();
  expect(idsAt(place, 'one')).toEqual(['1']);
  expect(idsAt(place, 'two')).toEqual(['1']);
});

test('where one of the destinations cannot be opened, nothing has changed, and what was opened is closed', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const before = place.pipeline.configuration();
  const broken = { type: 'memory', broken: true };
  const next = await place.configure({ ...destinations('other'), broken });
  await expect(place.pipeline.apply(next)).rejects.toThrow('its door is locked');
  expect(place.pipeline.configuration()).toBe(before);
  expect(names(place)).toEqual(['one']);
  expect(place.siem('other')).toMatchObject({ opened: 1, closed: 1 });
  expect(place.siem('one').closed).toBe(0);
  await place.keep([audit(1)]);
  await place.settled();
  expect(idsAt(place, 'one')).toEqual(['1']);
});

test('where a secret of a source cannot be made, nothing has changed, and what was opened is closed', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const before = place.pipeline.configuration();
  const { services } = place;
  await mkdir(join(services.secretsDirectory, 'second'));
  const next = await place.configure(destinations('one', 'two'), { sources: { second: { type: 'xiq' } } });
  await expect(place.pipeline.apply(next)).rejects.toThrow();
  expect(place.pipeline.configuration()).toBe(before);
  expect([...place.pipeline.sources().receiving.keys()]).toEqual(['xiq']);
  expect(place.siem('two')).toMatchObject({ opened: 1, closed: 1 });
});

test('sources come and go, and are named', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const sources = { second: { type: 'xiq', timeZone: 'Europe/Berlin' } };
  const applied = await place.pipeline.apply(await place.configure(destinations('one'), { sources }));
  expect(applied.changed).toEqual(['sources.xiq removed', 'sources.second added']);
  expect([...place.pipeline.sources().receiving.keys()]).toEqual(['second']);
  expect(place.siem('one').opened).toBe(1);
});

test('a mapping holds for what is read from then on, and the one before it is known', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const first = place.pipeline.configuration();
  expect(place.pipeline.beforeMapping()).toBeUndefined();
  const rules = (action: string): string => `auditCodes: { "99001": { action: ${action}, type: [change] } }\n`;
  const applied = await place.pipeline.apply(await place.configure(destinations('one'), {}, rules('first-name')));
  expect(applied.changed).toEqual(['mapping']);
  expect(place.pipeline.beforeMapping()).toBe(first);
  await place.keep([audit(1)]);
  await place.settled();
  const second = place.pipeline.configuration();
  await place.pipeline.apply(await place.configure(destinations('one', 'two'), {}, rules('first-name')));
  expect(place.pipeline.beforeMapping()).toBe(first);
  const last = place.pipeline.configuration();
  await place.pipeline.apply(await place.configure(destinations('one', 'two'), {}, rules('second-name')));
  expect(place.pipeline.beforeMapping()).toBe(last);
  expect(last).not.toBe(second);
  await place.keep([audit(2)]);
  await place.settled();
  const [one, other] = place.siem('one').received;
  expect(one).toContain('first-name');
  expect(other).toContain('second-name');
});

test('what cannot change while it runs is named by its field, and the rest is taken up', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const more = { server: { port: 1234 }, journal: { retainForHours: 1 }, shutdownGraceMs: 5 };
  const applied = await place.pipeline.apply(await place.configure(destinations('one', 'two'), more));
  expect(applied).toEqual({
    changed: ['destinations.two added'],
    needsRestart: expect.arrayContaining(['server.port', 'journal.retainForHours']),
  });
  expect(applied.needsRestart).toHaveLength(2);
  expect(place.pipeline.configuration().shutdownGraceMs).toBe(5);
});

test('the same again changes nothing', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  expect(await place.pipeline.apply(await place.configure(destinations('one')))).toEqual({
    changed: [],
    needsRestart: [],
  });
  expect(place.siem('one')).toMatchObject({ opened: 1, closed: 0 });
});

test('two at once are one after the other', async () => {
  await using place = await openPipelinePlace(destinations('one'));
  const [first, second] = [
    await place.configure(destinations('one', 'two')),
    await place.configure(destinations('three')),
  ];
  await Promise.all([place.pipeline.apply(first), place.pipeline.apply(second)]);
  expect(names(place)).toEqual(['three']);
  await expect(place.pipeline.apply(await place.configure({ x: { type: 'memory', broken: true } }))).rejects.toThrow();
  await place.pipeline.apply(await place.configure(destinations('one')));
  expect(names(place)).toEqual(['one']);
});

test('while it changes, what is received is kept and delivered to those that stay', async () => {
  await using place = await openPipelinePlace(destinations('one', 'two'));
  place.siem('two').answer = hanging;
  await place.keep([audit(0)]);
  await until(() => place.pipeline.delivery.status()[1]?.underWay === 1);
  let isOver = false;
  const applying = place.pipeline.apply(await place.configure(destinations('one'))).then(() => {
    isOver = true;
  });
  let kept = 0;
  while (!isOver && kept < 20) {
    kept += 1;
    await place.keep([audit(kept)]);
    await until(() => place.siem('one').received.length > kept || isOver);
  }
  expect(kept).toBe(20);
  place.siem('two').answer = undefined;
  await applying;
  await place.settled();
  expect(new Set(idsAt(place, 'one')).size).toBe(21);
});
