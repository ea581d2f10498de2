import { Secret } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { type ReconcileOptions, reconcile } from './reconcile.ts';
import type { SeenTypes } from './seen-types.ts';
import { didOf, modelXiq, noSignal, otherSecret, secret, subscription, target, testPorts } from './test-xiq.ts';

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
    async look() {
      const result = await reconcile(
        { ...ports, api: model, target, accepted: [secret, nextSecret], mode, seen },
        noSignal,
      );
      // As it is kept over a restart.
      seen = JSON.parse(JSON.stringify(result.seen));
      return result;
    },
  };
}

it('has nothing to say where all is well, and remembers when that was', async () => {
  const { look, clock, log, model } = startFixture(allWell, 'apply');
  const result = await look();
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
] as const)('%s: said, and not mended where only a report is asked for', async (reason, found) => {
  const { look, log, model } = startFixture(found.map((one) => subscription(one.messageType ?? '', one)));
  const { problems, left, steps } = await look();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', reason]]);
  expect([...left]).toEqual([...problems]);
  expect(steps).toEqual([]);
  expect(log.of(`subscriptions.${reason}`)).toMatchObject([
    { level: 'warn', attributes: { messageType: 'AUDIT_LOG_ALL' } },
  ]);
  expect(model.calls).toEqual(['list']);
});

it('says what is too much, and who else sends to our URL', async () => {
  const more = [
    subscription('AUDIT_LOG_ALL', { id: '8' }),
    subscription('OLD', { id: '9' }),
    subscription('SMS_LOG_ALL', { id: '10', application: 'theirs' }),
  ];
  const { look, log } = startFixture([...allWell, ...more]);
  expect(await look()).toMatchObject({ surplus: 2, foreignAtOurUrl: 1, gaps: [] });
  expect(log.lines.map(({ event }) => event)).toEqual(['subscriptions.foreign', 'subscriptions.surplus']);
});

it('mends where that is asked for, and gives the gap with both its ends', async () => {
  const { look, model, clock } = startFixture(allWell, 'apply');
  await look();
  const sinceMs = clock.now();
  await clock.advance(15 * minuteMs);
  model.set(allWell.slice(1));
  const { problems, left, steps, gaps } = await look();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', 'missing']]);
  expect(left.size).toBe(0);
  expect(didOf(steps)).toEqual(['created', 'checked']);
  expect(gaps).toEqual([{ messageType: 'AUDIT_LOG_ALL', reason: 'missing', sinceMs, untilMs: clock.now() }]);
  await clock.advance(15 * minuteMs);
  expect((await look()).gaps).toEqual([]);
});

it('a gap that others mend ends at the look that sees it, and begins where it was last well', async () => {
  const { look, model, clock } = startFixture(allWell);
  await look();
  const sinceMs = clock.now();
  const gap = { messageType: 'AUDIT_LOG_ALL', reason: 'disabled', sinceMs };
  model.set(withAudit({ status: 'DISABLED' }).map((one) => subscription(one.messageType ?? '', one)));
  for (let round = 0; round < 2; round++) {
    await clock.advance(15 * minuteMs);
    expect((await look()).gaps).toEqual([{ ...gap, untilMs: undefined }]);
  }
  model.set(allWell);
  await clock.advance(15 * minuteMs);
  expect((await look()).gaps).toEqual([{ ...gap, untilMs: clock.now() }]);
  expect((await look()).gaps).toEqual([]);
});

it('a secret that we accept, but that is not our first, is said and mended, and is no gap', async () => {
  const { look, model } = startFixture(allWell, 'apply');
  await look();
  model.set(withAudit({ secret: nextSecret }).map((one) => subscription(one.messageType ?? '', one)));
  const { problems, left, gaps } = await look();
  expect([...problems]).toEqual([['AUDIT_LOG_ALL', 'outdated']]);
  expect([left.size, gaps.length]).toEqual([0, 0]);
  expect(model.blocked()[0]).toMatchObject({ secret });
});

it('what never was well has no beginning: there is nothing to fill in', async () => {
  const { look, clock } = startFixture([], 'apply');
  const { gaps, seen } = await look();
  expect(gaps.map(({ sinceMs }) => sinceMs)).toEqual([undefined, undefined, undefined]);
  expect(seen['SMS_LOG_ALL']).toEqual({ wellAtMs: clock.now() });
});

it('mending that fails half way says so, and the next look goes on', async () => {
  const fixture = startFixture([], 'apply');
  const { create } = fixture.model.subscriptions;
  let calls = 0;
  fixture.model.subscriptions.create = async (wanted) => {
    if (++calls === 2) throw xiqError('xiq_rate_limited', 'too many requests');
    await create(wanted);
  };
  const first = await fixture.look();
  expect(first.fault?.code).toBe('xiq_rate_limited');
  expect(didOf(first.steps)).toEqual(['created']);
  expect(fixture.log.of('subscriptions.not_mended')).toMatchObject([{ attributes: { code: 'xiq_rate_limited' } }]);
  // How far it came is for the next look to say.
  expect(first.left.size).toBe(3);
  const second = await fixture.look();
  expect([second.problems.size, second.left.size, second.fault]).toEqual([2, 0, undefined]);
  expect(second.gaps.every(({ untilMs }) => untilMs !== undefined)).toBe(true);
});

it('knows nothing, and forgets nothing, where the list cannot be had', async () => {
  const fixture = startFixture(allWell);
  await fixture.look();
  const before = fixture.seen();
  fixture.model.subscriptions.list = async () => {
    throw xiqError('xiq_unavailable', 'no answer');
  };
  await expect(fixture.look()).rejects.toMatchObject({ code: 'xiq_unavailable' });
  expect(fixture.seen()).toEqual(before);
});
