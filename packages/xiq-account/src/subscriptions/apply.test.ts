import { expect, it } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { type ApplyStep, applyPlan } from './apply.ts';
import { isNothingToDo, planDeletion, planSubscriptions } from './plan.ts';
import { collect, didOf, modelXiq, noSignal, secret, subscription, target, testPorts } from './test-xiq.ts';

const replan = (found: readonly XiqSubscription[]) => planSubscriptions(target, found);

/** One to create, one to change, two to delete, one that is foreign. */
const mixed = [
  subscription('AUDIT_LOG_ALL', { id: '1', status: 'DISABLED' }),
  subscription('SMS_LOG_ALL', { id: '2' }),
  subscription('SMS_LOG_ALL', { id: '3' }),
  subscription('OLD', { id: '4' }),
  subscription('SMS_LOG_ALL', { id: '5', application: 'theirs' }),
];

it('creates, changes, deletes, and looks whether it holds', async () => {
  const model = modelXiq(mixed);
  const ports = testPorts();
  const steps = await collect(applyPlan(replan(mixed), { ...ports, api: model, replan }, noSignal));
  expect(steps.slice(0, -1)).toEqual([
    { did: 'created', messageType: 'EMAIL_LOG_ALL', url: `${target.publicUrl}/EMAIL_LOG_ALL` },
    { did: 'changed', id: '1', messageType: 'AUDIT_LOG_ALL', fields: ['status'] },
    { did: 'deleted', id: '3', messageType: 'SMS_LOG_ALL' },
    { did: 'deleted', id: '4', messageType: 'OLD' },
  ]);
  expect(model.calls).toEqual(['list', 'create EMAIL_LOG_ALL', 'update 1', 'delete 3', 'delete 4', 'list']);
  expect(model.blocked().map(({ id }) => id)).toEqual(['1', '2', '5', '9007199254740993']);
  expect(model.blocked().at(-1)).toMatchObject({ secret });
  expect(JSON.stringify(ports.log.lines)).not.toContain('canary');
});

it('says what is left where the API takes a change and does not do it', async () => {
  const model = modelXiq(mixed, { lateBy: 99 });
  const ports = testPorts();
  const steps = await collect(applyPlan(replan(mixed), { ...ports, api: model, replan }, noSignal));
  const last = steps.at(-1);
  expect(last?.did === 'checked' && last.left.create.length).toBe(1);
  expect(ports.log.of('subscriptions.left')).toHaveLength(1);
});

it('waits for what the API does late', async () => {
  const model = modelXiq(mixed, { lateBy: 3 });
  const steps = await collect(applyPlan(replan(mixed), { ...testPorts(), api: model, replan }, noSignal));
  const last = steps.at(-1);
  expect(last?.did === 'checked' && isNothingToDo(last.left)).toBe(true);
});

it('does nothing where the subscriptions are no longer those of the plan', async () => {
  const plan = replan(mixed);
  const model = modelXiq(mixed.filter(({ id }) => id !== '2'));
  const steps = collect(applyPlan(plan, { ...testPorts(), api: model, replan }, noSignal));
  await expect(steps).rejects.toMatchObject({ code: 'busy' });
  expect(model.calls).toEqual(['list']);
});

it('creates nothing without a secret', async () => {
  const model = modelXiq([]);
  const without = (found: readonly XiqSubscription[]) => planSubscriptions({ ...target, secret: undefined }, found);
  const steps = collect(applyPlan(without([]), { ...testPorts(), api: model, replan: without }, noSignal));
  await expect(steps).rejects.toMatchObject({ code: 'secret_unreadable' });
  expect(model.calls).toEqual([]);
});

it('deletes what a person named', async () => {
  const model = modelXiq(mixed);
  const deletion = (found: readonly XiqSubscription[]) => planDeletion(target, found, ['2', '5']);
  const steps = await collect(applyPlan(deletion(mixed), { ...testPorts(), api: model, replan: deletion }, noSignal));
  expect(didOf(steps)).toEqual(['deleted', 'checked']);
  expect(model.blocked().map(({ id }) => id)).toEqual(['1', '3', '4', '5']);
});

it.each([0, 1, 2, 3])('goes on after a failure at change %i, whether the change was done or not', async (failing) => {
  for (const isDone of [true, false]) {
    const model = modelXiq(mixed);
    let changes = 0;
    const failOnce = async <Done>(change: () => Promise<Done>): Promise<void> => {
      const isNow = changes++ === failing;
      if (!isNow || isDone) await change();
      if (isNow) throw xiqError('xiq_unavailable', 'the connection was lost');
    };
    const { list, create, update, delete: remove } = model.subscriptions;
    const subscriptions = {
      list,
      create: (...given: Parameters<typeof create>) => failOnce(() => create(...given)),
      update: (...given: Parameters<typeof update>) => failOnce(() => update(...given)),
      delete: (...given: Parameters<typeof remove>) => failOnce(() => remove(...given)),
    };
    const ports = { ...testPorts(), api: { subscriptions }, replan };
    const told: ApplyStep[] = [];
    const run = async () => {
      for await (const step of applyPlan(replan(await list()), ports, noSignal)) told.push(step);
    };
    await expect(run()).rejects.toMatchObject({ code: 'xiq_unavailable' });
    expect(told).toHaveLength(failing);
    await run();
    const last = told.at(-1);
    expect(last?.did === 'checked' && isNothingToDo(last.left)).toBe(true);
    expect(model.blocked().filter(({ messageType }) => messageType === 'EMAIL_LOG_ALL')).toHaveLength(1);
  }
});
