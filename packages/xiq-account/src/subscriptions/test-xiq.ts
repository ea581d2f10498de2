// For tests: a model of ExtremeCloud IQ's subscriptions.
import { Secret } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import type { DesiredSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import type { ApplyStep } from './apply.ts';
import type { SubscriptionTarget } from './target.ts';

export const secret = new Secret('canary-webhook-1111');
export const otherSecret = new Secret('canary-webhook-2222');

export const target: SubscriptionTarget = {
  application: 'siem',
  publicUrl: 'https://hooks.example/webhooks/xiq',
  messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'EMAIL_LOG_ALL'],
  alerts: false,
  secret,
};

/** A subscription in the desired state, with `changes`. */
export function subscription(messageType: string, changes: Partial<XiqSubscription> = {}): XiqSubscription {
  return {
    id: '1',
    application: target.application,
    url: `${target.publicUrl}/${messageType}`,
    secret,
    messageType,
    status: 'ENABLED',
    ...changes,
  };
}

/** A subscription to alerts in the desired state, with `changes`. */
export const alertSubscription = (changes: Partial<XiqSubscription> = {}): XiqSubscription =>
  subscription('ALERT', { id: 'alert-1', application: '', policies: { all: true, ids: [] }, ...changes });

export interface ModelOptions {
  readonly showsSecrets?: boolean;
  readonly showsStatus?: boolean;
  /** Number of lists after a change that still show the old state. */
  readonly lateBy?: number;
}

export function modelXiq(
  found: readonly XiqSubscription[] = [],
  { showsSecrets = true, showsStatus = true, lateBy = 0 }: ModelOptions = {},
) {
  let stored = [...found];
  let shown = stored;
  let listsUntilShown = 0;
  let nextId = 9_007_199_254_740_993n;
  const calls: string[] = [];
  let failure: Error | undefined;

  const called = (call: string): void => {
    calls.push(call);
    if (failure !== undefined) throw failure;
  };
  const change = (call: string, next: readonly XiqSubscription[]): void => {
    called(call);
    stored = [...next];
    listsUntilShown = lateBy;
  };
  const made = (desired: DesiredSubscription): XiqSubscription => {
    const { application, url, messageType, status, policies } = desired;
    const id = `${policies === undefined ? '' : 'alert-'}${nextId++}`;
    return subscription(messageType, {
      id,
      application,
      url,
      status,
      secret: desired.secret,
      ...(policies && { policies }),
    });
  };

  return {
    calls,
    /** All subscriptions, with secrets. */
    stored: (): readonly XiqSubscription[] => stored,
    /** Replaces all subscriptions, as another API client would. */
    set(next: readonly XiqSubscription[]) {
      stored = [...next];
      shown = stored;
    },
    /** Every call rejects with this error from now on. */
    fail(cause: Error | undefined) {
      failure = cause;
    },
    subscriptions: {
      async list() {
        called('list');
        if (listsUntilShown > 0) listsUntilShown--;
        else shown = stored;
        return shown.map((one) => ({
          ...one,
          ...(showsSecrets ? {} : { secret: undefined }),
          ...(showsStatus ? {} : { status: undefined }),
        }));
      },
      async create(desired: readonly DesiredSubscription[]) {
        change(`create ${desired.map(({ messageType }) => messageType).join()}`, [...stored, ...desired.map(made)]);
      },
      async update(
        id: string,
        { application, url, messageType, status, policies, secret: given }: DesiredSubscription,
      ) {
        const update = (one: XiqSubscription) =>
          one.id === id
            ? {
                ...one,
                application,
                url,
                messageType,
                status,
                secret: given ?? one.secret,
                ...(policies && { policies }),
              }
            : one;
        change(`update ${id}`, stored.map(update));
      },
      async delete(ids: readonly string[]) {
        change(
          `delete ${ids.join()}`,
          stored.filter(({ id }) => !ids.includes(id)),
        );
      },
    },
  };
}

export const noSignal = new AbortController().signal;

/** A fake clock: a sleep returns at once and advances the time. */
export function fakeClock() {
  let nowMs = Date.UTC(2026, 0, 1);
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  return { now: () => nowMs, sleep: advance, advance };
}

export const testPorts = () => ({ clock: fakeClock(), log: createRecordingLogger() });

export async function collect<Step>(steps: AsyncIterable<Step>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

export const actionsOf = (steps: readonly ApplyStep[]): readonly string[] => steps.map(({ action }) => action);
