import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backfillRequest, type Operations, retryRequest } from '@xiq-siem/admin-api';
import { openJobs, spanOf } from '@xiq-siem/jobs/test-jobs';
import { statusOf } from '@xiq-siem/queries';
import { identity, liveOf } from '@xiq-siem/queries/test-live';
import {
  audit,
  destinations,
  type Fixture,
  linesOf,
  never,
  openFixture,
  verdictWhere,
} from '@xiq-siem/queries/test-queries';
import { expect, test } from 'vitest';
import { noteOutdatedState } from '../outdated-state.ts';
import { runningOperations } from './running-operations.ts';

async function operationsOf(fixture: Fixture): Promise<Operations> {
  return runningOperations({
    ...fixture.parts,
    state: fixture.state,
    status: async () => statusOf(fixture.readModel(), identity, liveOf(fixture)),
    jobs: await openJobs(fixture),
    problemOf: () => undefined,
    doctor: async function* () {
      yield { kind: 'end', ok: true };
    },
    xiq: { previewBackfill: () => linesOfNone(), completeness: () => linesOfNone() },
    authentication: () => [],
    subscriptions: {
      check: async (source) => ['xiq'].filter((name) => source === undefined || name === source),
      reloaded() {},
    },
  });
}

async function* linesOfNone(): AsyncGenerator<never> {
  yield* [];
}

/** A fixture whose destinations have types that a configuration file can name. */
const openFileFixture = (): Promise<Fixture> => openFixture({ one: { type: 'file', directory: './out' } });

test('dead letters are listed page by page, grouped, shown and dropped', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  await fixture.keep([audit(1), audit(2), audit(3)]);
  await fixture.settled();
  const operations = await operationsOf(fixture);
  const first = await operations.listDeadLetters({ limit: 2 }, never);
  expect(first).toMatchObject({ snapshot: false, open: 3, matched: 3 });
  expect(first.entries).toHaveLength(2);
  const rest = await operations.listDeadLetters({ limit: 2, after: first.next }, never);
  expect(rest.entries).toMatchObject([{ destination: 'one', code: 'bad', message: 'no such field', attempts: 1 }]);
  expect(rest).not.toHaveProperty('next');
  expect(await operations.groupDeadLetters({}, never)).toMatchObject({
    groups: [{ destination: 'one', code: 'bad', dataset: 'extreme_xiq.audit', events: 3 }],
    counts: [{ destination: 'one', open: 3, delivered: 0, dropped: 0 }],
  });
  const number = first.entries[0]?.number ?? 0;
  expect(await operations.showDeadLetter({ number }, never)).toMatchObject({
    entry: { number },
    document: { event: { dataset: 'extreme_xiq.audit' } },
  });
  await expect(operations.showDeadLetter({ number: 999 }, never)).rejects.toMatchObject({ code: 'not_found' });
  expect(await operations.dropDeadLetters({ dryRun: true, code: 'bad' }, never)).toEqual({ events: 3 });
  expect(await operations.dropDeadLetters({ dryRun: false, numbers: [number] }, never)).toEqual({ events: 1 });
  expect((await fixture.deadLetters.counts()).get('one')).toMatchObject({ open: 2, dropped: 1 });
  expect(await operations.status({}, never)).toMatchObject({ reconciled: true });
});

test('an existing gap is acknowledged by its id', async () => {
  await using fixture = await openFixture(destinations('one'));
  const operations = await operationsOf(fixture);
  await expect(operations.acknowledgeGap({ gap: 'one:1-2' }, never)).rejects.toMatchObject({ code: 'not_found' });
});

test('an incident is shown until it is acknowledged by its id; its missing dead letters then count as lost', async () => {
  await using fixture = await openFixture(destinations('one'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  await fixture.stop();
  await rm(join(fixture.data.path, 'state.sqlite'));
  await using again = await openFixture(destinations('one'), { after: fixture });
  const operations = await operationsOf(again);
  const status = () => operations.status({}, never);
  expect(await status()).toMatchObject({
    incidents: [{ id: 'state:1', kind: 'missing', recovered: 0 }],
    destinations: [{ deadLetters: { open: 0, lost: 0, unaccounted: 2 } }],
    reconciled: false,
  });
  for (const gap of ['state:2', 'state:', 'state:x']) {
    await expect(operations.acknowledgeGap({ gap }, never)).rejects.toMatchObject({ code: 'not_found' });
  }
  // A full disk at this point has the effect of a kill: the operator can acknowledge again.
  const writeOff = () => Promise.reject(new Error('no space'));
  const failing = await operationsOf({
    ...again,
    parts: { ...again.parts, deadLetters: { ...again.deadLetters, writeOff } },
  });
  await expect(failing.acknowledgeGap({ gap: 'state:1' }, never)).rejects.toThrow('no space');
  expect(await operations.acknowledgeGap({ gap: 'state:1' }, never)).toEqual({ acknowledged: 'state:1' });
  const deadLetters = { open: 0, lost: 2, unaccounted: 0 };
  expect(await status()).toMatchObject({ incidents: [], destinations: [{ deadLetters }], reconciled: true });
  await expect(operations.acknowledgeGap({ gap: 'state:1' }, never)).rejects.toMatchObject({ code: 'not_found' });
});

test('an older copy of the state file is an incident from the start, and can be acknowledged', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  fixture.siem('one').response = verdictWhere('rejected', () => true);
  const file = join(fixture.data.path, 'state.sqlite');
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  await fixture.stop();
  const older = await readFile(file);
  await using again = await openFixture(destinations('one', 'two'), { after: fixture });
  again.siem('one').response = verdictWhere('rejected', () => true);
  const noted = async (from: Fixture) => {
    const operations = await operationsOf(from);
    await noteOutdatedState(from.state, await operations.status({}, never));
    return operations;
  };
  expect(await (await noted(again)).status({}, never)).toMatchObject({ incidents: [], reconciled: true });
  await again.keep([audit(3), audit(4), audit(5)]);
  await again.settled();
  await again.stop();
  await writeFile(file, older);
  await using last = await openFixture(destinations('one', 'two'), { after: again });
  const operations = await noted(last);
  await noted(last);
  const { incidents, reconciled } = await operations.status({}, never);
  expect(incidents).toMatchObject([
    { kind: 'outdated', reason: expect.stringContaining('of one are missing'), lost: 3 },
  ]);
  expect(reconciled).toBe(false);
  await operations.acknowledgeGap({ gap: incidents[0]?.id ?? '' }, never);
  expect(await operations.status({}, never)).toMatchObject({ incidents: [], reconciled: true });
});

test('a removed destination is forgotten with its history: a new one of the same name has none', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  const operations = await operationsOf(fixture);
  await expect(operations.forgetDestination({ name: 'two', dryRun: false }, never)).rejects.toMatchObject({
    code: 'destination_configured',
  });
  await fixture.pipeline.apply(await fixture.configure(destinations('one')));
  expect(await operations.forgetDestination({ name: 'two', dryRun: false }, never)).toEqual({
    forgotten: 'two',
    requests: 0,
  });
  const receipt = await fixture.keep([audit(1)]);
  await fixture.settled();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  await fixture.sample();
  const { events } = await operations.traceReceipt({ receipt }, never);
  expect(events[0]?.destinations).toMatchObject([{ verdict: 'delivered' }, { verdict: 'not_known' }]);
});

test('an existing destination is resumed', async () => {
  await using fixture = await openFixture(destinations('one'));
  const operations = await operationsOf(fixture);
  expect(await operations.resumeDestination({ name: 'one' }, never)).toEqual({ resumed: 'one' });
  await expect(operations.resumeDestination({ name: 'none' }, never)).rejects.toMatchObject({ code: 'not_found' });
});

test('a reload reads the file again: an invalid file is refused with the place of the fault, and changes nothing', async () => {
  await using fixture = await openFileFixture();
  const operations = await operationsOf(fixture);
  const before = fixture.pipeline.configuration();
  await writeFile(fixture.file, 'destinations: { one: { type: file, directory: ./out }, two: { type: fil } }\n');
  await expect(operations.reload({}, never)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/:1:\d+.*destinations\.two\.type/),
  });
  const secret = '{ xiq: { type: xiq, secrets: [{ env: NOT_SET_ANYWHERE }] } }';
  await writeFile(fixture.file, `sources: ${secret}\ndestinations: { one: { type: file, directory: ./out } }\n`);
  await expect(operations.reload({}, never)).rejects.toMatchObject({
    message: expect.stringContaining('NOT_SET_ANYWHERE'),
  });
  expect(fixture.pipeline.configuration()).toBe(before);
  await fixture.configure({ one: { type: 'file', directory: './out' }, two: { type: 'file', directory: './out2' } });
  expect(await operations.reload({}, never)).toMatchObject({ changed: ['destinations.two added'], needsRestart: [] });
});

test('a replay preview compares with the current mapping file before a reload, and with the previous mapping after it', async () => {
  await using fixture = await openFileFixture();
  await fixture.keep([audit(1)]);
  const operations = await operationsOf(fixture);
  const preview = async () => (await linesOf(operations.previewReplay(spanOf(fixture), never))).at(-1);
  expect(await preview()).toMatchObject({ kind: 'end', events: 1, changed: 0 });
  const rules = 'auditCodes: { "99001": { action: ssid-changed, type: [change] } }\n';
  await fixture.configure({ one: { type: 'file', directory: './out' } }, {}, rules);
  const changed = { kind: 'end', events: 1, changed: 1, idsChanged: 0 };
  expect(await preview()).toMatchObject(changed);
  expect(fixture.pipeline.configuration().mapping).toBeUndefined();
  await operations.reload({}, never);
  expect(await preview()).toMatchObject(changed);
  await writeFile(join(fixture.directory, 'mapping.yaml'), 'auditCodes: 7\n');
  await expect(preview()).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('mapping.yaml'),
  });
});

test('a request for something unknown is refused at once', async () => {
  await using fixture = await openFixture(destinations('one'));
  const operations = await operationsOf(fixture);
  await expect(operations.cancelJob({ id: 'none' }, never)).rejects.toMatchObject({ code: 'not_found' });
  await expect(linesOf(operations.watchJob({ id: 'none' }, never))).rejects.toMatchObject({ code: 'not_found' });
  await expect(operations.retry(retryRequest.parse({ destination: 'none' }), never)).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(operations.backfill(backfillRequest.parse(spanOf(fixture)), never)).rejects.toMatchObject({
    code: 'usage',
  });
});

test('subscriptions are checked at once, of all sources or of a given one', async () => {
  await using fixture = await openFixture(destinations('one'));
  const operations = await operationsOf(fixture);
  expect(await operations.checkSubscriptions({}, never)).toEqual({ checked: ['xiq'] });
  await expect(operations.checkSubscriptions({ source: 'other' }, never)).rejects.toMatchObject({ code: 'not_found' });
});
