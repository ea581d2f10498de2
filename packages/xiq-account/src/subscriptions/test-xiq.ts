// A model of ExtremeCloud IQ's subscriptions, for the tests of what we do to them.
import { Secret } from '@xiq-siem/core';
import { createRecordingLogger } from '@xiq-siem/testkit';
import type { WantedSubscription, XiqSubscription } from '../rest/subscriptions.ts';
import type { ApplyStep } from './apply.ts';
import type { SubscriptionTarget } from './target.ts';

export const secret = new Secret('canary-webhook-1111');
export const otherSecret = new Secret('canary-webhook-2222');

export const target: SubscriptionTarget = {
  application: 'siem',
  publicUrl: 'https://hooks.example/webhooks/xiq',
  messageTypes: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'EMAIL_LOG_ALL'],
  secret,
};

/** As it should be, but for what `changes` says. */
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

export interface ModelOptions {
  readonly showsSecrets?: boolean;
  readonly showsStatus?: boolean;
  /** Lists that still show what was before, after each change. */
  readonly lateBy?: number;
}

export function modelXiq(
  found: readonly XiqSubscription[] = [],
  { showsSecrets = true, showsStatus = true, lateBy = 0 }: ModelOptions = {},
) {
  let blocked = [...found];
  let shown = blocked;
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
    blocked = [...next];
    listsUntilShown = lateBy;
  };
  const made = (wanted: WantedSubscription): XiqSubscription => {
    const { application, url, messageType, status } = wanted;
    return subscription(messageType, { id: String(nextId++), application, url, status, secret: wanted.secret });
  };

  return {
    calls,
    /** What it has, secrets included. */
    blocked: (): readonly XiqSubscription[] => blocked,
    /** Behind our back. */
    set(next: readonly XiqSubscription[]) {
      blocked = [...next];
      shown = blocked;
    },
    /** What every call rejects with from now on. */
    fail(cause: Error | undefined) {
      failure = cause;
    },
    subscriptions: {
      async list() {
        called('list');
        if (listsUntilShown > 0) listsUntilShown--;
        else shown = blocked;
        return shown.map((one) => ({
          ...one,
          ...(showsSecrets ? {} : { secret: undefined }),
          ...(showsStatus ? {} : { status: undefined }),
        }));
      },
      async create(wanted: readonly WantedSubscription[]) {
        change(`create ${wanted.map(({ messageType }) => messageType).join()}`, [...blocked, ...wanted.map(made)]);
      },
      async update(id: string, { application, url, messageType, status, secret: given }: WantedSubscription) {
        const update = (one: XiqSubscription) =>
          one.id === id ? { ...one, application, url, messageType, status, secret: given ?? one.secret } : one;
        change(`update ${id}`, blocked.map(update));
      },
      async delete(ids: readonly string[]) {
        change(
          `delete ${ids.join()}`,
          blocked.filter(({ id }) => !ids.includes(id)),
        );
      },
    },
  };
}

export const noSignal = new AbortController().signal;

/** A clock whose sleepers wake at once, each at its time. */
export function hastyClock() {
  let nowMs = Date.UTC(2026, 0, 1);
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  return { now: () => nowMs, sleep: advance, advance };
}

export const testPorts = () => ({ clock: hastyClock(), log: createRecordingLogger() });

export async function collect<Step>(steps: AsyncIterable<Step>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

export const didOf = (steps: readonly ApplyStep[]): readonly string[] => steps.map(({ did }) => did);
