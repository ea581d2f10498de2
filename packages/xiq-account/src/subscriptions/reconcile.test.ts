import { Secret } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { type ReconcileOptions, reconcile } from './reconcile.ts';
import type { SeenTypes } from './seen-types.ts';
import { actionsOf, modelXiq, noSignal, otherSecret, secret, subscription, target, testPorts } from './test-xiq.ts';

const minuteMs = 60_000;
const nextSecret = new Secret('canary-next');
const allWell = target.messageTypes.map((type, index) => subscription(type, { id: String(index + 1) }));
const withAudit = (changes: Partial<XiqSubscription>) => [{ ...allWell[0], ...changes }, ...allWell.slice(1)];

function startFixture(found: readonly XiqSubscription[], mode: ReconcileOptions['mode'] = 'report') {
  const model = modelXiq(found.map((one) => subscription(one.messageType, one)));
  const ports = testPorts();
  let seen: SeenTypes = {};
  return {
    ...ports,
    model,
    seen: () => seen,
    async check() {
      const result = await reconcile(
        { ...ports, api: model, target, accepted: [secret, nextSecret], mode, seen },
        noSignal,
      );
      // As stored over a restart.
      seen = JSON.parse(JSON.stringify(result.seen));
      return result;
    },
  };
}

it('logs nothing without problems, and stores the time', async () => {
  const { check, clock, log, model } = startFixture(allWell, 'apply');
  const result = await check();
  expect(result.problems.size).toBe(0);
  expect(result).toMatchObject({ gaps: [], steps: [], surplus: 0, foreignAtOurUrl: 0, fault: undefined });
  expect(result.seen).toEqual(Object.fromEntries(target.messageTypes.map((type) => [type, { wellAtMs: clock.now() }])));
  expect(log.lines).toEqual([]);
  expect(model.calls).toEqual(['list']);
});

it.each([
  ['missing', allWell.slice(1)],
  ['disabled', withAudit({ status: 'DISABLED' })],
  ['disabled', withAudit({ status: 'DISABLED', secret: otherSecret })],
  ['changed', withAudit({ secret: otherSecret })],
  ['changed', withAudit({ url: target.publicUrl })],
  ['missing', withAudit({ url: 'https://elsewhere.example/' })],
  ['missing', withAudit({ application: 'theirs' })],
] as const)('%s: logged, and not fixed in mode report', async (reason, found) => {
  const { check, log, model } = startFixture(found.map((one) => subscription(one.messageType ?? '', one)));
  const { problems, remaining, steps } = await check();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', reason]]);
  expect([...remaining]).toEqual([...problems]);
  expect(steps).toEqual([]);
  expect(log.of(`subscriptions.${reason}`)).toMatchObject([
    { level: 'warn', attributes: { messageType: 'AUDIT_LOG_ALL' } },
  ]);
  expect(model.calls).toEqual(['list']);
});

it('logs surplus subscriptions and foreign ones at our URL', async () => {
  const more = [
    subscription('AUDIT_LOG_ALL', { id: '8' }),
    subscription('OLD', { id: '9' }),
    subscription('SMS_LOG_ALL', { id: '10', application: 'theirs' }),
  ];
  const { check, log } = startFixture([...allWell, ...more]);
  expect(await check()).toMatchObject({ surplus: 2, foreignAtOurUrl: 1, gaps: [] });
  expect(log.lines.map(({ event }) => event)).toEqual([
    'subscriptions.foreign_subscription',
    'subscriptions.surplus_subscription',
  ]);
});

it('fixes problems in mode apply, and returns the gap with both ends', async () => {
  const { check, model, clock } = startFixture(allWell, 'apply');
  await check();
  const sinceMs = clock.now();
  await clock.advance(15 * minuteMs);
  model.set(allWell.slice(1));
  const { problems, remaining, steps, gaps } = await check();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', 'missing']]);
  expect(remaining.size).toBe(0);
  expect(actionsOf(steps)).toEqual(['created', 'checked']);
  expect(gaps).toEqual([{ messageType: 'AUDIT_LOG_ALL', reason: 'missing', sinceMs, untilMs: clock.now() }]);
  await clock.advance(15 * minuteMs);
  expect((await check()).gaps).toEqual([]);
});

it('a gap that others fix starts at the last check without a gap, and ends at the next one', async () => {
  const { check, model, clock } = startFixture(allWell);
  await check();
  const sinceMs = clock.now();
  const gap = { messageType: 'AUDIT_LOG_ALL', reason: 'disabled', sinceMs };
  model.set(withAudit({ status: 'DISABLED' }).map((one) => subscription(one.messageType ?? '', one)));
  for (let round = 0; round < 2; round++) {
    await clock.advance(15 * minuteMs);
    expect((await check()).gaps).toEqual([{ ...gap, untilMs: undefined }]);
  }
  model.set(allWell);
  await clock.advance(15 * minuteMs);
  expect((await check()).gaps).toEqual([{ ...gap, untilMs: clock.now() }]);
  expect((await check()).gaps).toEqual([]);
});

it('an accepted secret that is not the first one is logged and fixed, and is no gap', async () => {
  const { check, model } = startFixture(allWell, 'apply');
  await check();
  model.set(withAudit({ secret: nextSecret }).map((one) => subscription(one.messageType ?? '', one)));
  const { problems, remaining, gaps } = await check();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', 'outdated']]);
  expect([remaining.size, gaps.length]).toEqual([0, 0]);
  expect(model.stored()[0]).toMatchObject({ secret });
});

it('a subscription that never existed has a gap without a start, which cannot be back-filled', async () => {
  const { check, clock } = startFixture([], 'apply');
  const { gaps, seen } = await check();
  expect(gaps.map(({ sinceMs }) => sinceMs)).toEqual([undefined, undefined, undefined]);
  expect(seen['SMS_LOG_ALL']).toEqual({ wellAtMs: clock.now() });
});

it('a fix that fails is reported, and the next check resumes it', async () => {
  const fixture = startFixture([], 'apply');
  const { create } = fixture.model.subscriptions;
  let calls = 0;
  fixture.model.subscriptions.create = async (desired) => {
    if (++calls === 2) throw xiqError('xiq_rate_limited', 'too many requests');
    await create(desired);
  };
  const first = await fixture.check();
  expect(first.fault?.code).toBe('xiq_rate_limited');
  expect(actionsOf(first.steps)).toEqual(['created']);
  expect(fixture.log.of('subscriptions.fix_failed')).toMatchObject([{ attributes: { code: 'xiq_rate_limited' } }]);
  // The next check finds the created one.
  expect(first.remaining.size).toBe(3);
  const second = await fixture.check();
  expect([second.problems.size, second.remaining.size, second.fault]).toEqual([2, 0, undefined]);
  expect(second.gaps.every(({ untilMs }) => untilMs !== undefined)).toBe(true);
});

it('rejects and keeps the stored state if the list fails', async () => {
  const fixture = startFixture(allWell);
  await fixture.check();
  const before = fixture.seen();
  fixture.model.subscriptions.list = async () => {
    throw xiqError('xiq_unavailable', 'no answer');
  };
  await expect(fixture.check()).rejects.toMatchObject({ code: 'xiq_unavailable' });
  expect(fixture.seen()).toEqual(before);
});
