import { inspect } from 'node:util';
import { Secret } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import { applyPlan } from './apply.ts';
import { isNothingToDo, planDeletion, planSubscriptions, type SubscriptionPlan } from './plan.ts';
import { renderPlan } from './render-plan.ts';
import { collect, modelXiq, noSignal, otherSecret, secret, subscription, target, testPorts } from './test-xiq.ts';

const only = { ...target, messageTypes: ['AUDIT_LOG_ALL'] };
const elsewhere = 'https://elsewhere.example/webhooks/xiq/AUDIT_LOG_ALL';

/** A plan in short form. */
function outline(plan: SubscriptionPlan) {
  const id = ({ subscription: one }: { subscription: XiqSubscription }) => one.id;
  return {
    create: plan.create.map(({ messageType }) => messageType),
    change: plan.change.map((one) => [id(one), ...one.fields.map(({ field }) => field)]),
    delete: plan.delete.map((one) => [id(one), one.reason]),
    untouched: plan.untouched.map(id),
    foreign: plan.foreign.map((one) => [id(one), one.reason]),
  };
}
const nothing = { create: [], change: [], delete: [], untouched: [], foreign: [] };
const planOf = (...found: readonly XiqSubscription[]) => outline(planSubscriptions(only, found));

describe('our subscriptions', () => {
  const audit = (changes: Partial<XiqSubscription> = {}) => subscription('AUDIT_LOG_ALL', changes);

  it('a missing one is created', () => {
    const [desired] = planSubscriptions(only, []).create;
    const { application, publicUrl } = target;
    const url = `${publicUrl}/AUDIT_LOG_ALL`;
    expect(desired).toEqual({ application, url, messageType: 'AUDIT_LOG_ALL', secret, status: 'ENABLED' });
  });

  it.each([
    ['in the desired state', {}],
    ['with a host in capitals and its default port', { url: 'https://HOOKS.example:443/webhooks/xiq/AUDIT_LOG_ALL' }],
    ['of an API that shows no message type', { messageType: '' }],
    ['of an API that shows no status', { status: undefined }],
    ['of an API that shows no secrets', { secret: undefined }],
    ['of an API that masks secrets', { secret: new Secret('********') }],
  ])('%s: untouched', (_case, changes) => {
    expect(planOf(audit(changes))).toEqual({ ...nothing, untouched: ['1'] });
  });

  it('lists the fields that the API does not show', () => {
    const plan = planSubscriptions(only, [audit({ secret: undefined, status: undefined })]);
    expect(plan.untouched[0]?.hidden).toEqual(['status', 'secret']);
    expect(renderPlan(plan)[0]).toContain('status and secret not shown');
  });

  it.each([
    ['disabled', { status: 'DISABLED' }, ['status']],
    ['in an unknown state', { status: 'SUSPENDED' }, ['status']],
    ['with another secret', { secret: otherSecret }, ['secret']],
    ['at the path of another type', { url: `${target.publicUrl}/SMS_LOG_ALL` }, ['url']],
    ['at the catch-all', { url: target.publicUrl }, ['url']],
    ['with a query', { url: `${target.publicUrl}/AUDIT_LOG_ALL?a=1` }, ['url']],
    [
      'with all differences',
      { url: target.publicUrl, status: 'DISABLED', secret: otherSecret },
      ['url', 'status', 'secret'],
    ],
  ])('%s: changed', (_case, changes, fields) => {
    expect(planOf(audit(changes))).toEqual({ ...nothing, change: [['1', ...fields]] });
  });

  it('a message type that is not configured is deleted', () => {
    const found = [subscription('SMS_LOG_ALL', { id: '2' }), subscription('OLD_TYPE', { id: '3' }), audit()];
    const deletes = [
      ['3', 'not_configured'],
      ['2', 'not_configured'],
    ];
    expect(planOf(...found)).toEqual({ ...nothing, untouched: ['1'], delete: deletes });
  });

  it('of duplicates the best one stays, of equal ones the oldest', () => {
    const [disabled, catchAll] = [{ status: 'DISABLED' }, { url: target.publicUrl }];
    const found = [
      audit({ id: '1', ...disabled }),
      audit({ id: '2', ...catchAll }),
      audit({ id: '30' }),
      audit({ id: '4' }),
    ];
    const deletes = ['1', '2', '30'].map((id) => [id, 'duplicate']);
    expect(planOf(...found)).toEqual({ ...nothing, untouched: ['4'], delete: deletes });
    expect(planOf(audit({ id: '9007199254740993' }), audit({ id: '9007199254740992' }))).toMatchObject({
      untouched: ['9007199254740992'],
    });
  });

  it('does not depend on the order of the list', () => {
    const found = [
      audit({ id: '7' }),
      audit({ id: '12' }),
      subscription('B', { id: '5' }),
      subscription('A', { id: '6' }),
    ];
    expect(planOf(...found.toReversed())).toEqual(planOf(...found));
  });

  it('secrets are not compared without a configured one', () => {
    const plan = planSubscriptions({ ...only, secret: undefined }, [audit({ secret: otherSecret })]);
    expect(isNothingToDo(plan)).toBe(true);
  });
});

describe('a foreign subscription is listed, and never changed', () => {
  it.each([
    ['another application at another URL', { application: 'theirs', url: elsewhere }, 'other'],
    ['our application at another URL', { url: elsewhere }, 'our_application'],
    ['our URL under another application', { application: 'Siem' }, 'our_url'],
    ['another port', { url: 'https://hooks.example:8443/webhooks/xiq/AUDIT_LOG_ALL' }, 'our_application'],
    ['http instead of https', { url: 'http://hooks.example/webhooks/xiq/AUDIT_LOG_ALL' }, 'our_application'],
    ['a source name with the same prefix', { url: `${target.publicUrl}-2/AUDIT_LOG_ALL` }, 'our_application'],
    ['an invalid URL', { url: 'hooks' }, 'our_application'],
    ['no message type', { url: target.publicUrl, messageType: '' }, 'no_message_type'],
  ])('%s', (_case, changes, reason) => {
    const found = subscription('AUDIT_LOG_ALL', changes);
    expect(planOf(found)).toEqual({ ...nothing, create: ['AUDIT_LOG_ALL'], foreign: [['1', reason]] });
    expect(outline(planDeletion(only, [found])).delete).toEqual([]);
    expect(outline(planDeletion(only, [found], ['1'])).delete).toEqual([]);
  });

  it('another application may subscribe to the same message type', () => {
    const theirs = subscription('AUDIT_LOG_ALL', { id: '2', application: 'theirs', url: elsewhere });
    const expected = { ...nothing, untouched: ['1'], foreign: [['2', 'other']] };
    expect(planOf(theirs, subscription('AUDIT_LOG_ALL'))).toEqual(expected);
  });
});

it('deletes the requested ones, or all of ours', () => {
  const found = ['A', 'B', 'C'].map((type, index) => subscription(type, { id: String(index + 1) }));
  expect(outline(planDeletion(target, found)).delete.map(([id]) => id)).toEqual(['1', '2', '3']);
  const some = outline(planDeletion(target, found, ['2', '99']));
  expect(some).toEqual({ ...nothing, delete: [['2', 'requested']], untouched: ['1', '3'] });
});

it('is rendered without a secret', () => {
  const found = [
    subscription('AUDIT_LOG_ALL', { id: '1', secret: otherSecret, status: 'DISABLED' }),
    subscription('AUDIT_LOG_ALL', { id: '2', status: 'DISABLED' }),
    subscription('SMS_LOG_ALL', { id: '3' }),
    subscription('OLD', { id: '4' }),
    subscription('OLD', {
      id: '5',
      application: 'a\u001b[31m\nb',
      url: 'https://u:canary-password@x.example/p?token=canary-token#canary',
    }),
    subscription('OLD', { id: '6', application: 'z', url: '//u:canary-password@x?canary' }),
  ];
  const plan = planSubscriptions(target, found);
  const url = target.publicUrl;
  expect(renderPlan(plan)).toEqual([
    `+ EMAIL_LOG_ALL (siem) -> ${url}/EMAIL_LOG_ALL`,
    `~ AUDIT_LOG_ALL (id 1, siem) -> ${url}/AUDIT_LOG_ALL`,
    '    status: DISABLED -> ENABLED',
    '    secret: another [secret] -> our [secret]',
    `- AUDIT_LOG_ALL (id 2, siem) -> ${url}/AUDIT_LOG_ALL: a duplicate for this message type`,
    `- OLD (id 4, siem) -> ${url}/OLD: its message type is not configured`,
    `= SMS_LOG_ALL (id 3, siem) -> ${url}/SMS_LOG_ALL`,
    '? OLD (id 5, a [31m b) -> https://…@x.example/p?…: not ours',
    '? OLD (id 6, z) -> //…@x?…: not ours',
    '1 to create, 1 to change, 2 to delete, 1 untouched, 2 foreign',
  ]);
  const printed = [renderPlan(plan), JSON.stringify(plan.change), inspect(plan.create, { depth: 9 })].join();
  expect(printed).not.toContain('canary-webhook');
  expect(renderPlan(plan).join()).not.toContain('canary');
});

describe('for any subscriptions', () => {
  const types = [...target.messageTypes, 'GDPR_LOG_ALL', 'TENTH', ''];
  const urls = [
    ...types.map((type) => `${target.publicUrl}/${type}`),
    target.publicUrl,
    elsewhere,
    'https://hooks.example/webhooks/xiq2/A',
    'none',
    '',
  ];
  const any = fc.record({
    application: fc.constantFrom('siem', 'siem', 'siem', 'other', ''),
    url: fc.constantFrom(...urls),
    messageType: fc.constantFrom(...types),
    status: fc.constantFrom('ENABLED', 'DISABLED', undefined, 'LATER'),
    secret: fc.constantFrom(secret, otherSecret, undefined),
  });
  const found = fc
    .array(any, { maxLength: 12 })
    .map((all) => all.map((one, index) => subscription(one.messageType, { ...one, id: String(index + 1) })));
  const shows = fc.record({ showsSecrets: fc.boolean(), showsStatus: fc.boolean(), lateBy: fc.nat(2) });

  it('an applied plan leaves nothing to do, and foreign subscriptions unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(found, shows, async (all, options) => {
        const model = modelXiq(all, options);
        const replan = (list: readonly XiqSubscription[]) => planSubscriptions(target, list);
        const plan = replan(await model.subscriptions.list());
        const steps = await collect(applyPlan(plan, { ...testPorts(), api: model, replan }, noSignal));
        const last = steps.at(-1);
        expect(last?.action === 'checked' && isNothingToDo(last.remaining)).toBe(true);
        const after = replan(await model.subscriptions.list());
        expect(isNothingToDo(after)).toBe(true);
        expect(after.untouched).toHaveLength(target.messageTypes.length);
        for (const {
          subscription: { id },
        } of plan.foreign) {
          expect(model.stored().find((one) => one.id === id)).toEqual(all.find((one) => one.id === id));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('every subscription is in exactly one part of the plan, in any order of the list', () => {
    fc.assert(
      fc.property(found, (all) => {
        const plan = planSubscriptions(target, all);
        const parts = [...plan.change, ...plan.delete, ...plan.untouched, ...plan.foreign];
        expect(parts.map(({ subscription: { id } }) => Number(id)).toSorted((a, b) => a - b)).toEqual(
          all.map(({ id }) => Number(id)),
        );
        expect(renderPlan(planSubscriptions(target, all.toReversed()))).toEqual(renderPlan(plan));
      }),
    );
  });
});
