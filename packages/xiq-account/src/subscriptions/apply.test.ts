import { expect, it } from 'vitest';
import { xiqError } from '../rest/api-errors.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { type ApplyStep, applyPlan } from './apply.ts';
import { isNothingToDo, planDeletion, planSubscriptions } from './plan.ts';
import { actionsOf, collect, modelXiq, noSignal, secret, subscription, target, testPorts } from './test-xiq.ts';

const replan = (found: readonly XiqSubscription[]) => planSubscriptions(target, found);

/** One to create, one to change, two to delete, one that is foreign. */
const mixed = [
  subscription('AUDIT_LOG_ALL', { id: '1', status: 'DISABLED' }),
  subscription('SMS_LOG_ALL', { id: '2' }),
  subscription('SMS_LOG_ALL', { id: '3' }),
  subscription('OLD', { id: '4' }),
  subscription('SMS_LOG_ALL', { id: '5', application: 'theirs' }),
];

it('creates, changes, deletes, and checks the result', async () => {
  const model = modelXiq(mixed);
  const ports = testPorts();
  const steps = await collect(applyPlan(replan(mixed), { ...ports, api: model, replan }, noSignal));
  expect(steps.slice(0, -1)).toEqual([
    { action: 'created', messageType: 'EMAIL_LOG_ALL', url: `${target.publicUrl}/EMAIL_LOG_ALL` },
    { action: 'changed', id: '1', messageType: 'AUDIT_LOG_ALL', fields: ['status'] },
    { action: 'deleted', id: '3', messageType: 'SMS_LOG_ALL' },
    { action: 'deleted', id: '4', messageType: 'OLD' },
  ]);
  expect(model.calls).toEqual(['list', 'create EMAIL_LOG_ALL', 'update 1', 'delete 3', 'delete 4', 'list']);
  expect(model.stored().map(({ id }) => id)).toEqual(['1', '2', '5', '9007199254740993']);
  expect(model.stored().at(-1)).toMatchObject({ secret });
  expect(JSON.stringify(ports.log.lines)).not.toContain('canary');
});

it('returns the remaining changes if the API accepts a change and does not make it', async () => {
  const model = modelXiq(mixed, { lateBy: 99 });
  const ports = testPorts();
  const steps = await collect(applyPlan(replan(mixed), { ...ports, api: model, replan }, noSignal));
  const last = steps.at(-1);
  expect(last?.action === 'checked' && last.remaining.create.length).toBe(1);
  expect(ports.log.of('subscriptions.changes_not_visible')).toHaveLength(1);
});

it('waits for late changes of the API', async () => {
  const model = modelXiq(mixed, { lateBy: 3 });
  const steps = await collect(applyPlan(replan(mixed), { ...testPorts(), api: model, replan }, noSignal));
  const last = steps.at(-1);
  expect(last?.action === 'checked' && isNothingToDo(last.remaining)).toBe(true);
});

it('changes nothing if the subscriptions have changed since the plan', async () => {
  const plan = replan(mixed);
  const model = modelXiq(mixed.filter(({ id }) => id !== '2'));
  const steps = collect(applyPlan(plan, { ...testPorts(), api: model, replan }, noSignal));
  await expect(steps).rejects.toMatchObject({ code: 'plan_outdated', exitCode: 75 });
  expect(model.calls).toEqual(['list']);
});

it('creates nothing without a secret', async () => {
  const model = modelXiq([]);
  const without = (found: readonly XiqSubscription[]) => planSubscriptions({ ...target, secret: undefined }, found);
  const steps = collect(applyPlan(without([]), { ...testPorts(), api: model, replan: without }, noSignal));
  await expect(steps).rejects.toMatchObject({ code: 'secret_missing', exitCode: 78 });
  expect(model.calls).toEqual([]);
});

it('deletes the requested subscriptions', async () => {
  const model = modelXiq(mixed);
  const deletion = (found: readonly XiqSubscription[]) => planDeletion(target, found, ['2', '5']);
  const steps = await collect(applyPlan(deletion(mixed), { ...testPorts(), api: model, replan: deletion }, noSignal));
  expect(actionsOf(steps)).toEqual(['deleted', 'checked']);
  expect(model.stored().map(({ id }) => id)).toEqual(['1', '3', '4', '5']);
});

it.each([0, 1, 2, 3])('resumes after a failure at change %i, whether the change was made or not', async (failing) => {
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
    const done: ApplyStep[] = [];
    const run = async () => {
      for await (const step of applyPlan(replan(await list()), ports, noSignal)) done.push(step);
    };
    await expect(run()).rejects.toMatchObject({ code: 'xiq_unavailable' });
    expect(done).toHaveLength(failing);
    await run();
    const last = done.at(-1);
    expect(last?.action === 'checked' && isNothingToDo(last.remaining)).toBe(true);
    expect(model.stored().filter(({ messageType }) => messageType === 'EMAIL_LOG_ALL')).toHaveLength(1);
  }
});
