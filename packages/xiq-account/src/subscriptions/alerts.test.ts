// Subscriptions to alerts are treated like those to message types.
import { describe, expect, it } from 'vitest';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { applyPlan } from './apply.ts';
import { isNothingToDo, planDeletion, planSubscriptions, type SubscriptionPlan } from './plan.ts';
import { reconcile } from './reconcile.ts';
import { renderPlan } from './render-plan.ts';
import { type RotationStep, rotateSecret } from './rotate-secret.ts';
import { rotationGuide } from './rotation-guide.ts';
import {
  alertSubscription,
  collect,
  modelXiq,
  noSignal,
  otherSecret,
  secret,
  subscription,
  testPorts,
  target as withoutAlerts,
} from './test-xiq.ts';

const target = { ...withoutAlerts, messageTypes: ['AUDIT_LOG_ALL'], alerts: true };
const off = { ...target, alerts: false };
const audit = subscription('AUDIT_LOG_ALL');
const idsOf = (entries: readonly { readonly subscription: XiqSubscription }[]) =>
  entries.map(({ subscription: { id } }) => id);
const outline = (plan: SubscriptionPlan) => ({
  create: plan.create.map(({ messageType }) => messageType),
  change: plan.change.map((one) => [one.subscription.id, ...one.fields.map(({ field }) => field)]),
  delete: plan.delete.map((one) => [one.subscription.id, one.reason]),
  untouched: idsOf(plan.untouched),
  foreign: plan.foreign.map((one) => [one.subscription.id, one.reason]),
});
const nothing = { create: [], change: [], delete: [], untouched: ['1'], foreign: [] };
const planOf = (...found: readonly XiqSubscription[]) => outline(planSubscriptions(target, [audit, ...found]));

describe('the plan', () => {
  it('creates a missing one for all policies, after the message types', () => {
    const [desired] = planSubscriptions(target, [audit]).create;
    expect(desired).toEqual({
      application: '',
      url: `${target.publicUrl}/ALERT`,
      messageType: 'ALERT',
      secret,
      status: 'ENABLED',
      policies: { all: true, ids: [] },
    });
    expect(renderPlan(planSubscriptions(target, []))).toEqual([
      '+ AUDIT_LOG_ALL (siem) -> https://hooks.example/webhooks/xiq/AUDIT_LOG_ALL',
      '+ ALERT -> https://hooks.example/webhooks/xiq/ALERT',
      '2 to create, 0 to change, 0 to delete, 0 untouched, 0 foreign',
    ]);
  });

  it.each([
    ['disabled', { status: 'DISABLED' }, ['status']],
    ['with another secret', { secret: otherSecret }, ['secret']],
    ['at the catch-all', { url: target.publicUrl }, ['url']],
    ['at the path of a message type', { url: `${target.publicUrl}/AUDIT_LOG_ALL` }, ['url']],
    ['for some policies', { policies: { all: false, ids: ['7', '8'] } }, ['policies']],
  ])('%s: changed', (_case, changes, fields) => {
    expect(planOf(alertSubscription(changes))).toEqual({ ...nothing, change: [['alert-1', ...fields]] });
  });

  it('shows how many policies are selected, and ids that no number may round', () => {
    const found = alertSubscription({ policies: { all: false, ids: ['9007199254740993'] } });
    expect(renderPlan(planSubscriptions(target, [audit, found]))).toEqual(
      expect.arrayContaining([`~ ALERT (id alert-1) -> ${target.publicUrl}/ALERT`, '    policies: 1 selected -> all']),
    );
  });

  it('in the desired state: untouched; of duplicates the oldest stays', () => {
    expect(planOf(alertSubscription())).toEqual({ ...nothing, untouched: ['1', 'alert-1'] });
    const [old, newer] = ['9007199254740992', '9007199254740993'].map((id) => alertSubscription({ id: `alert-${id}` }));
    expect(planSubscriptions(target, [audit, ...[newer, old].flatMap((one) => one ?? [])])).toMatchObject({
      delete: [{ subscription: newer, reason: 'duplicate' }],
    });
  });

  it.each([
    'https://elsewhere.example/webhooks/xiq/ALERT',
    'https://hooks.example/webhooks/xiq-2/ALERT',
    'http://hooks.example/webhooks/xiq/ALERT',
    'not a URL',
    '',
  ])('one that sends to %j is not ours', (url) => {
    expect(planOf(alertSubscription({ url }))).toEqual({
      ...nothing,
      create: ['ALERT'],
      foreign: [['alert-1', 'other']],
    });
  });

  it('without alerts: true it is shown and never changed, also at our URL', () => {
    const plan = planSubscriptions(off, [audit, alertSubscription({ status: 'DISABLED' })]);
    expect(outline(plan)).toEqual({ ...nothing, foreign: [['alert-1', 'alerts_not_configured']] });
    expect(renderPlan(plan)).toContain(
      `? ALERT (id alert-1) -> ${target.publicUrl}/ALERT: not ours, alerts to our URL: to maintain it, set alerts: true`,
    );
  });

  it('a subscription to message types that claims to be ALERT is none', () => {
    const claims = subscription('', { id: '1', url: `${target.publicUrl}/ALERT` });
    expect(outline(planSubscriptions(target, [audit, claims]))).toEqual({
      ...nothing,
      create: ['ALERT'],
      delete: [['1', 'not_configured']],
    });
  });

  it('deletion: with alerts: true all of ours; by its id always; never one that sends elsewhere', () => {
    const elsewhere = alertSubscription({ id: 'alert-2', url: 'https://elsewhere.example/' });
    const found = [audit, alertSubscription(), elsewhere];
    const deleted = (of: typeof target, ids?: readonly string[]) => idsOf(planDeletion(of, found, ids).delete);
    expect(deleted(target)).toEqual(['1', 'alert-1']);
    expect(deleted(off)).toEqual(['1']);
    expect(deleted(off, ['alert-1', 'alert-2'])).toEqual(['alert-1']);
    // The number names one of each kind.
    expect(deleted(target, ['1'])).toEqual(['1']);
  });
});

it('apply creates, changes and deletes them like the others', async () => {
  const model = modelXiq([]);
  const replan = (found: readonly XiqSubscription[]) => planSubscriptions(target, found);
  const run = async () => {
    const steps = await collect(applyPlan(replan(model.stored()), { ...testPorts(), api: model, replan }, noSignal));
    return steps.flatMap((step) => (step.action === 'checked' ? [] : [`${step.action} ${step.messageType}`]));
  };
  expect(await run()).toEqual(['created AUDIT_LOG_ALL', 'created ALERT']);
  const [ours, alert] = model.stored();
  model.set(
    [ours, alert && { ...alert, status: 'DISABLED', policies: { all: false, ids: ['5'] } }].flatMap((x) => x ?? []),
  );
  expect(await run()).toEqual(['changed ALERT']);
  expect(model.stored()[1]).toMatchObject({ status: 'ENABLED', policies: { all: true, ids: [] } });
  model.set([...model.stored(), alertSubscription({ id: 'alert-9999999999999999999' })]);
  expect(await run()).toEqual(['deleted ALERT']);
  expect(isNothingToDo(replan(model.stored()))).toBe(true);
});

it('a check reports its problems and gaps', async () => {
  const model = modelXiq([audit, alertSubscription()]);
  const ports = testPorts();
  const check = (seen: object) =>
    reconcile({ ...ports, api: model, target, accepted: [secret], mode: 'report', seen: { ...seen } }, noSignal);
  const first = await check({});
  expect([...first.problems, ...Object.keys(first.seen)]).toEqual(['AUDIT_LOG_ALL', 'ALERT']);
  model.set([audit]);
  const second = await check(first.seen);
  expect([...second.problems]).toEqual([['ALERT', 'missing']]);
  expect(ports.log.of('subscriptions.missing')).toMatchObject([{ attributes: { messageType: 'ALERT' } }]);
  model.set([audit, alertSubscription()]);
  const third = await check(second.seen);
  expect(third.gaps).toMatchObject([{ messageType: 'ALERT', reason: 'missing', untilMs: expect.any(Number) }]);
});

describe('a rotation', () => {
  async function rotate(of: typeof target, found: readonly XiqSubscription[]) {
    const model = modelXiq(found);
    let secrets = [secret];
    const rotation = rotateSecret(
      { target: of },
      {
        ...testPorts(),
        api: model,
        readSecrets: async () => secrets,
        writeSecrets: async (next) => {
          secrets = [...next];
        },
        readRotation: async () => undefined,
        writeRotation: async () => undefined,
        accepted: async () => true,
        newSecret: () => otherSecret,
      },
      noSignal,
    );
    return { model, run: () => collect<RotationStep>(rotation), secrets: () => secrets };
  }

  it('updates it, and keeps its status and its policies', async () => {
    const policies = { all: false, ids: ['9007199254740993'] };
    const { model, run, secrets } = await rotate(target, [audit, alertSubscription({ status: 'DISABLED', policies })]);
    const updated = (await run()).flatMap((step) => (step.action === 'updated' ? [step.id] : []));
    expect(updated).toEqual(['1', 'alert-1']);
    expect(model.stored()[1]).toMatchObject({ secret: otherSecret, status: 'DISABLED', policies });
    expect(secrets()).toEqual([otherSecret]);
  });

  it('removes no secret on which one depends that is not maintained', async () => {
    const { run, secrets } = await rotate(off, [audit, alertSubscription()]);
    await expect(run()).rejects.toMatchObject({
      code: 'foreign_subscription',
      message: expect.stringContaining('Delete it in ExtremeCloud IQ, or set alerts: true, then run this again'),
    });
    expect(secrets()).toContain(secret);
  });

  it('the guide counts it', async () => {
    const api = modelXiq([audit, alertSubscription({ secret: otherSecret })]);
    const options = { source: 'xiq', kind: 'file', secrets: [otherSecret, secret], target } as const;
    const steps = await rotationGuide(options, { api, accepted: async () => true }, noSignal);
    expect(steps.map(({ detail }) => detail)).toContain('1 of 2 subscriptions have the first secret');
  });
});
