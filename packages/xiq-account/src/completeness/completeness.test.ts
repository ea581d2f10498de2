import type { CompletenessCell } from '@xiq-siem/admin-api';
import {
  audit,
  destinations,
  type Fixture,
  linesOf,
  never,
  openFixture,
  unavailable,
  verdictWhere,
} from '@xiq-siem/queries/test-queries';
import { createManualClock } from '@xiq-siem/testkit';
import { expect, test } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import { type TestAccount, testAccount } from '../test-account.ts';
import { completeness } from './completeness.ts';

/** The time of `audit(0)`. */
const T = 1_636_337_187_000;
const hour = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

const restForms = (...ids: readonly number[]): object[] => ids.map((id) => audit(id, { id: 1_000 + id }));

async function prove(fixture: Fixture, world: TestAccount, more: object = {}) {
  const parts = { accounts: world.accounts, readModel: fixture.readModel, clock: createManualClock(T + 10 * hour) };
  const span = { from: iso(T - 60_000), to: iso(T + 60_000), ...more };
  const lines = await linesOf(completeness(parts, span, never));
  const cells = lines.flatMap((line): CompletenessCell[] => (line.kind === 'cell' ? [line.cell] : []));
  return { cells, end: lines.at(-1) };
}

test('received and delivered events are complete, also if received twice', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1, 2));
  await fixture.keep([audit(0), audit(1)]);
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  const { cells, end } = await prove(fixture, world);
  const counts = { assurance: 'stored', confirmed: 3, deadLettered: 0, filtered: 0, waiting: 0 };
  expect(cells).toEqual([
    {
      messageType: 'AUDIT_LOG_ALL',
      hour: '2021-11-08T02:00:00.000Z',
      state: 'complete',
      xiq: 3,
      kept: 3,
      destinations: [
        { name: 'one', ...counts },
        { name: 'two', ...counts },
      ],
      missing: [],
      missingCount: 0,
      surplus: [],
      surplusCount: 0,
    },
  ]);
  expect(end).toEqual({
    kind: 'end',
    snapshot: false,
    verdict: 'complete',
    cells: { complete: 1, missing: 0, surplus: 0, unprovable: 0 },
  });
});

test('an event that was not received is missing, an event that is not in the log is surplus', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1));
  await fixture.keep([audit(0), audit(5)]);
  await fixture.settled();
  const { cells, end } = await prove(fixture, world);
  expect(cells).toMatchObject([
    {
      state: 'missing',
      xiq: 2,
      kept: 2,
      missingCount: 1,
      surplusCount: 1,
      missing: [{ time: iso(T + 1), message: expect.stringContaining('not received') }],
      surplus: [{ time: iso(T + 5) }],
    },
  ]);
  expect(end).toMatchObject({ verdict: 'missing_or_surplus' });
});

test('fields that are not part of the key may differ; if one of the key differs, both are listed as probably the same', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1));
  await fixture.keep([audit(0, { id: null, host_names: ['AP-1'], category: 2 })]);
  await fixture.keep([audit(1, { id: null, description: 'Number 1' })]);
  await fixture.settled();
  const { cells } = await prove(fixture, world);
  const [logged] = cells[0]?.missing ?? [];
  const [pushed] = cells[0]?.surplus ?? [];
  expect(cells).toMatchObject([{ state: 'missing', xiq: 2, kept: 2, missingCount: 1, surplusCount: 1 }]);
  expect(cells[0]?.reason).toContain('1 of the missing events are probably 1 of the surplus events');
  expect(logged?.message).toContain(`probably ${pushed?.id}`);
  expect(pushed?.message).toContain(`probably ${logged?.id}`);
});

test('a dead letter is missing at its destination, also after a drop, until it is delivered', async () => {
  await using fixture = await openFixture(destinations('one', 'two'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1, 2));
  fixture.siem('one').response = verdictWhere('rejected', (json) => !json.includes('number 2'));
  await fixture.keep([audit(0), audit(1), audit(2)]);
  await fixture.settled();
  const states = async () => (await prove(fixture, world)).cells.map(({ destinations: [one, two] }) => [one, two]);
  expect(await states()).toMatchObject([[{ confirmed: 1, deadLettered: 2 }, { confirmed: 3 }]]);
  const { entries } = await fixture.deadLetters.list({}, { limit: 9 });
  const [first = 0, second = 0] = entries.map(({ number }) => number);
  await fixture.deadLetters.resolve([first], 'dropped', 'operator');
  expect(await states()).toMatchObject([[{ confirmed: 1, deadLettered: 2 }, { confirmed: 3 }]]);
  await fixture.deadLetters.resolve([second], 'delivered', 'a job');
  expect(await states()).toMatchObject([[{ confirmed: 2, deadLettered: 1 }, { confirmed: 3 }]]);
  expect((await prove(fixture, world)).cells).toMatchObject([
    { state: 'missing', missingCount: 1, missing: [{ message: expect.stringContaining('dead letter at one') }] },
  ]);
});

test('events from before a destination was added are filtered', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1));
  await fixture.keep([audit(0)]);
  await fixture.settled();
  await fixture.pipeline.apply(await fixture.configure(destinations('one', 'two')));
  await fixture.sample();
  await fixture.keep([audit(1)]);
  await fixture.settled();
  expect((await prove(fixture, world)).cells).toMatchObject([
    { state: 'complete', destinations: [{ confirmed: 2 }, { confirmed: 1, filtered: 1 }] },
  ]);
});

test('events that a destination excludes are filtered; waiting events are missing', async () => {
  const where = { exceptDatasets: ['extreme_xiq.audit'] };
  await using fixture = await openFixture({ ...destinations('two'), one: { type: 'memory', where } });
  const world = testAccount();
  world.logs.set('audit', restForms(0, 1));
  fixture.siem('two').response = unavailable;
  await fixture.keep([audit(0), audit(1)]);
  const { cells } = await prove(fixture, world);
  expect(cells).toMatchObject([{ state: 'missing', missingCount: 2 }]);
  expect(cells[0]?.destinations.toSorted((a, b) => a.name.localeCompare(b.name))).toMatchObject([
    { name: 'one', filtered: 2, waiting: 0 },
    { name: 'two', filtered: 0, waiting: 2 },
  ]);
});

test('GDPR, which has no log, and an hour whose log is not final are unprovable', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount({ messageTypes: ['AUDIT_LOG_ALL', 'GDPR_LOG_ALL'] });
  const young = { from: iso(T + 8 * hour), to: iso(T + 10 * hour) };
  const { cells, end } = await prove(fixture, world, young);
  expect(new Set(cells.map(({ state, reason }) => `${state} ${reason?.slice(0, 20)}`))).toEqual(
    new Set(['complete undefined', 'unprovable The log of this hour', 'unprovable ExtremeCloud IQ has ']),
  );
  expect(end).toMatchObject({ verdict: 'unprovable' });
  expect((await prove(fixture, world, { messageTypes: 'AUDIT_LOG_ALL' })).end).toMatchObject({ verdict: 'complete' });
});

test('hours beyond the retention of the journal are unprovable', async () => {
  await using fixture = await openFixture(destinations('one'), { journal: { segmentBytes: 256 } });
  const receivedMs = fixture.now();
  const at = { timestamp: receivedMs };
  const world = testAccount();
  world.logs.set('audit', [audit(0, at)]);
  for (let body = 0; body < 20; body += 1) await fixture.keep([audit(body, at)]);
  await fixture.settled();
  fixture.pass(2 * hour);
  await fixture.keep([audit(100)]);
  await fixture.journal.maintain();
  const parts = {
    accounts: world.accounts,
    readModel: fixture.readModel,
    clock: createManualClock(receivedMs + 3 * hour),
  };
  const span = { from: iso(receivedMs - 60_000), to: iso(receivedMs + 60_000) };
  const cells = (await linesOf(completeness(parts, span, never))).filter(({ kind }) => kind === 'cell');
  expect(cells[0]).toMatchObject({ cell: { state: 'unprovable', reason: expect.stringContaining('no longer has') } });
});

test('rejects with the error of a log that cannot be read', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  world.before = () => {
    throw xiqError('xiq_unauthorized', 'the token has expired');
  };
  await expect(prove(fixture, world)).rejects.toMatchObject({ code: 'xiq_unauthorized' });
  await expect(prove(fixture, world, { to: iso(T - hour) })).rejects.toMatchObject({ code: 'usage' });
});
