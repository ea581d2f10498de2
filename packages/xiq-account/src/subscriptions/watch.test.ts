import { setImmediate } from 'node:timers/promises';
import { ConnectorError, Secret } from '@xiq-siem/core';
import { documentNames, type State } from '@xiq-siem/state';
import { openTestState } from '@xiq-siem/state/test-state';
import { createManualClock, createRecordingLogger, createRecordingMeter } from '@xiq-siem/testkit';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import { expect, it, onTestFinished } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { type TestAccount, testAccount } from '../test-account.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { readSeenTypes } from './seen-types.ts';
import { subscription } from './test-xiq.ts';
import { type FoundGap, startSubscriptionsWatch } from './watch.ts';

const minute = 60_000;
const startMs = Date.UTC(2026, 0, 1);

interface FixtureOptions {
  readonly config?: Partial<SubscriptionsConfig>;
  readonly state?: State;
  readonly rotating?: boolean;
  readonly secrets?: () => readonly Secret[];
  readonly findings?: readonly PublicUrlFinding[];
}

const both: Partial<SubscriptionsConfig> = { messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL'] };

/** A subscription in the desired state, with `changes`. */
const subscriptionOf = (messageType: string, changes: Partial<XiqSubscription> = {}): XiqSubscription =>
  subscription(messageType, {
    id: messageType === 'AUDIT_LOG_ALL' ? '1' : '2',
    secret: new Secret('canary-1'),
    ...changes,
  });

const canary = (): readonly Secret[] => [new Secret('canary-1')];

async function watched({
  config = {},
  state: given,
  rotating = false,
  secrets = canary,
  findings = [],
}: FixtureOptions = {}) {
  const clock = createManualClock(startMs);
  const [log, meter] = [createRecordingLogger(), createRecordingMeter()];
  const state = given ?? (await openTestState(undefined, log));
  const gaps: FoundGap[] = [];
  const urls: string[] = [];
  const world = {
    account: testAccount({ ...both, ...config }),
    rotating,
    gapFails: false,
  };
  let accounts = new Map([['xiq', world.account.account]]);
  const watch = startSubscriptionsWatch({
    accounts: () => accounts,
    secrets,
    rotating: async () => world.rotating,
    async checkUrl(url) {
      urls.push(url);
      return findings;
    },
    async onGap(gap) {
      if (world.gapFails) throw new ConnectorError('journal_full', 'journal full');
      gaps.push(gap);
    },
    documents: state.documents,
    clock,
    log,
    meter,
  });
  onTestFinished(() => watch.stop());
  return {
    watch,
    world,
    clock,
    log,
    meter,
    gaps,
    urls,
    state,
    configure(next: TestAccount | undefined) {
      accounts = new Map(next === undefined ? [] : [['xiq', next.account]]);
      watch.reloaded();
    },
    states: () => watch.state('xiq')?.subscriptions.map(({ state }) => state),
    /** Waits for the end of the running check. */
    async checked() {
      while (clock.sleepers() === 0) await setImmediate();
    },
    async next() {
      await clock.advance(15 * minute);
      while (clock.sleepers() === 0) await setImmediate();
    },
  };
}

it('checks at once and then regularly; before the first check states are unknown', async () => {
  const { world, urls, states, checked, next, watch, clock } = await watched();
  expect(states()).toEqual(['unknown', 'unknown']);
  await checked();
  expect(states()).toEqual(['missing', 'missing']);
  expect(urls).toEqual(['https://hooks.example/webhooks/xiq/AUDIT_LOG_ALL']);
  world.account.subscriptions.set([
    subscriptionOf('AUDIT_LOG_ALL'),
    subscriptionOf('SMS_LOG_ALL', { status: 'DISABLED' }),
  ]);
  await next();
  expect(states()).toEqual(['ok', 'disabled']);
  expect(watch.state('xiq')).toMatchObject({
    checked: new Date(startMs + 15 * minute).toISOString(),
    requestsPerHour: 7500,
    requestsRemaining: 7400,
  });
  expect(clock.now() - startMs).toBe(15 * minute);
});

it('shows the problem of each subscription, without a secret', async () => {
  const { world, watch, checked } = await watched();
  world.account.subscriptions.set([
    subscriptionOf('AUDIT_LOG_ALL', { secret: new Secret('canary-other') }),
    subscriptionOf('SMS_LOG_ALL'),
    subscriptionOf('SMS_LOG_ALL', { id: '7' }),
    subscriptionOf('EMAIL_LOG_ALL', { id: '8', application: 'other-app' }),
    subscriptionOf('A_TYPE_OF_LATER', { id: '9', application: 'other-app' }),
    subscriptionOf('SMS_LOG_ALL', { id: '10', application: 'other-app', url: 'https://other.example/' }),
  ]);
  await checked();
  const state = watch.state('xiq');
  expect(state?.subscriptions).toEqual([
    { messageType: 'AUDIT_LOG_ALL', state: 'changed', message: 'id 1: secret: another [secret] -> our [secret]' },
    { messageType: 'SMS_LOG_ALL', state: 'changed', message: 'id 7: a duplicate for this message type' },
    { messageType: 'OTHER', state: 'foreign', message: expect.stringContaining('id 9, other-app') },
    { messageType: 'EMAIL_LOG_ALL', state: 'foreign', message: expect.stringContaining('id 8, other-app') },
  ]);
  expect(JSON.stringify(state)).not.toMatch(/canary/);
});

it('fixes problems with reconcile: apply, and shows the fixes', async () => {
  const { world, watch, checked, states, meter } = await watched({ config: { reconcile: 'apply' } });
  await checked();
  expect(states()).toEqual(['ok', 'ok']);
  expect(watch.state('xiq')?.subscriptions[0]?.fixed).toEqual({ was: 'missing', at: new Date(startMs).toISOString() });
  expect(world.account.subscriptions.calls.filter((call) => call.startsWith('create'))).toEqual([
    'create AUDIT_LOG_ALL',
    'create SMS_LOG_ALL',
  ]);
  expect(meter.total('xiq_siem.subscriptions.checks', { source: 'xiq', result: 'fixed' })).toBe(1);
});

it('a failed check is shown and counted; the old states stay, and the next check tries again', async () => {
  const { world, watch, states, checked, next, meter, log } = await watched();
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await checked();
  world.account.subscriptions.fail(xiqError('xiq_unavailable', 'GET /subscriptions: no response'));
  await next();
  expect([watch.state('xiq')?.failure, states()]).toEqual(['GET /subscriptions: no response', ['ok', 'ok']]);
  expect(watch.state('xiq')?.checked).toBe(new Date(startMs).toISOString());
  expect(meter.total('xiq_siem.subscriptions.checks', { source: 'xiq', result: 'failed' })).toBe(1);
  expect(log.lines.map(({ event }) => event)).toContain('subscriptions.check_failed');
  world.account.subscriptions.fail(undefined);
  await next();
  expect(watch.state('xiq')?.failure).toBeUndefined();
});

it('reports a gap once with both ends, also over a restart', async () => {
  const first = await watched();
  first.world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await first.checked();
  first.world.account.subscriptions.set([subscriptionOf('SMS_LOG_ALL')]);
  await first.next();
  expect(first.gaps).toEqual([]);
  await first.watch.stop();

  const second = await watched({ state: first.state });
  second.world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await second.checked();
  await second.next();
  expect(second.gaps).toEqual([
    { source: 'xiq', messageType: 'AUDIT_LOG_ALL', reason: 'missing', sinceMs: startMs, untilMs: startMs },
  ]);
});

it('finds a gap again at the next check if it could not be reported', async () => {
  const { world, gaps, checked, next, watch } = await watched();
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await checked();
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL')]);
  await next();
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  world.gapFails = true;
  await next();
  expect([gaps, watch.state('xiq')?.failure]).toEqual([[], 'journal full']);
  world.gapFails = false;
  await next();
  expect(gaps).toEqual([
    expect.objectContaining({ messageType: 'SMS_LOG_ALL', sinceMs: startMs, untilMs: startMs + 45 * minute }),
  ]);
});

it('during a rotation no problem is fixed, and secrets are not compared', async () => {
  const { world, watch, states, checked, next } = await watched({ config: { reconcile: 'apply' }, rotating: true });
  const other = { secret: new Secret('canary-2') };
  world.account.subscriptions.set([
    subscriptionOf('AUDIT_LOG_ALL', other),
    subscriptionOf('SMS_LOG_ALL', { ...other, status: 'DISABLED' }),
  ]);
  await checked();
  expect([states(), world.account.subscriptions.calls]).toEqual([['ok', 'disabled'], ['list']]);
  expect(await watch.stateWithRotation('xiq')).toEqual({ ...watch.state('xiq'), rotating: true });
  world.rotating = false;
  expect(await watch.stateWithRotation('xiq')).toEqual(watch.state('xiq'));
  expect(watch.state('xiq')).not.toHaveProperty('rotating');
  expect(await watch.stateWithRotation('none')).toBeUndefined();
  await next();
  expect(states()).toEqual(['ok', 'ok']);
});

it.each([
  ['restore the old secret', ['AUDIT_LOG_ALL', 'SMS_LOG_ALL']],
  ['create anything with the old secret', ['SMS_LOG_ALL']],
  ['create anything in an empty account', []],
])('a check that overlaps with a rotation does not %s', async (_, types) => {
  let requested = 0;
  const secrets = () => [new Secret(requested++ === 0 ? 'canary-1' : 'canary-2')];
  const { world, watch, states, checked, next } = await watched({ config: { reconcile: 'apply' }, secrets });
  const updated = { secret: new Secret('canary-2') };
  world.account.subscriptions.set(types.map((type) => subscriptionOf(type, updated)));
  await checked();
  expect(world.account.subscriptions.calls).toEqual(['list', 'list']);
  expect(watch.state('xiq')?.failure).toContain('rotated during the check');
  await next();
  expect(states()).toEqual(['ok', 'ok']);
  expect(watch.state('xiq')?.failure).toBeUndefined();
});

it('checks a changed source at once with its new configuration, and stops for a removed one', async () => {
  const { watch, states, checked, configure, world, clock } = await watched();
  await checked();
  const next = testAccount({ messageTypes: ['EMAIL_LOG_ALL'] });
  next.subscriptions.set([subscriptionOf('EMAIL_LOG_ALL')]);
  configure(next);
  while (states()?.join() !== 'ok') await setImmediate();
  expect(clock.now()).toBe(startMs);
  const { length } = world.account.subscriptions.calls;
  await clock.advance(60 * minute);
  expect(world.account.subscriptions.calls).toHaveLength(length);
  configure(undefined);
  expect(watch.state('xiq')).toBeUndefined();
});

it('checks on request, again after a running check, and after each reload', async () => {
  const { watch, states, world, clock, checked } = await watched();
  const first = watch.check();
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL')]);
  expect(await first).toEqual(['xiq']);
  expect([states(), clock.now()]).toEqual([['ok', 'missing'], startMs]);
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await checked();
  expect(await watch.check('xiq')).toEqual(['xiq']);
  expect(states()).toEqual(['ok', 'ok']);
  expect(await watch.check('other')).toEqual([]);
  world.account.subscriptions.set([]);
  watch.reloaded();
  while (states()?.join() !== 'missing,missing') await setImmediate();
  expect(clock.now()).toBe(startMs);
});

it('a requested check resolves when the watch stops', async () => {
  const { watch } = await watched();
  const requested = watch.check();
  await watch.stop();
  expect(await requested).toEqual(['xiq']);
  expect(await watch.check()).toEqual(['xiq']);
});

it('shows each check of the public URL, and logs failed ones', async () => {
  const { watch, checked, log } = await watched({
    findings: [
      { check: 'name', state: 'ok', message: 'fine' },
      { check: 'certificate_expiry', state: 'failed', message: 'A certificate expires in 3 days' },
    ],
  });
  await checked();
  expect(watch.state('xiq')?.publicUrl).toEqual([
    { what: 'name', result: 'ok', message: 'fine' },
    { what: 'certificate_expiry', result: 'failed', message: 'A certificate expires in 3 days' },
  ]);
  expect(log.lines.filter(({ event }) => event === 'public_url.check_failed')).toHaveLength(1);
});

it('stored states are valid for one target, and an invalid document is logged and ignored', async () => {
  const { state, world, checked, log } = await watched();
  const { documents, database } = state;
  world.account.subscriptions.set([subscriptionOf('AUDIT_LOG_ALL'), subscriptionOf('SMS_LOG_ALL')]);
  await checked();
  const target = { application: 'siem', publicUrl: 'https://hooks.example/webhooks/xiq' };
  const read = (changes: Partial<typeof target> = {}) => readSeenTypes(documents, 'xiq', { ...target, ...changes });
  expect(await read()).toEqual({ AUDIT_LOG_ALL: { wellAtMs: startMs }, SMS_LOG_ALL: { wellAtMs: startMs } });
  expect(await read({ publicUrl: 'https://elsewhere.example/webhooks/xiq' })).toEqual({});
  expect(await read({ application: 'other' })).toEqual({});
  expect(JSON.stringify(await database.read('SELECT * FROM documents'))).not.toMatch(/canary/);
  await documents.put(documentNames.subscriptions('xiq'), { v: 1 });
  expect(await read()).toEqual({});
  const [line] = log.of('state.document_unreadable');
  expect(line).toMatchObject({ attributes: { document: documentNames.subscriptions('xiq') } });
});
