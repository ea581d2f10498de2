// Starts a simulated cloud, for tests in this process and, through the control API, for other processes.
import { Hono } from 'hono';
import { createRandom } from '../random.ts';
import { createSubscriptionControl, createTokenControl } from './account-control.ts';
import { createRequestLog } from './api/request-log.ts';
import type { ApiEnv } from './api/responses.ts';
import { createRestApi } from './api/rest-api.ts';
import { createBudget } from './budget.ts';
import { createCloudClock } from './clock.ts';
import { createControlApi } from './control/control-api.ts';
import type { Controlled } from './controlled.ts';
import { createEmitter } from './events/emitter.ts';
import { createEventFlow } from './events/event-flow.ts';
import { createEventMaker } from './events/event-maker.ts';
import { createEventStore } from './events/event-store.ts';
import { createFaultState } from './faults.ts';
import { type Generation, generationSchema } from './generation.ts';
import { listenAtLoopback } from './listen.ts';
import { optionsSchema, type XiqCloudOptions } from './options.ts';
import { createScheduler } from './scheduler.ts';
import { createSubscriptionStore } from './subscriptions.ts';
import { accountOf, allPermissions, createTokenStore } from './tokens.ts';
import { truthOf } from './truth.ts';
import { createWebhookCaller } from './webhooks/webhook-call.ts';
import { createWebhookSender } from './webhooks/webhook-sender.ts';

export interface XiqCloud extends Controlled {
  /** `http://127.0.0.1:<port>`: the base URL of its REST API. */
  readonly url: string;
  /** Aborts requests in flight and stops listening. */
  close(): Promise<void>;
}

/** Starts a cloud that listens. Rejects with a ZodError, or with the system's error where it cannot listen. */
export async function startXiqCloud(options: XiqCloudOptions = {}): Promise<XiqCloud> {
  const settings = optionsSchema.parse(options);
  const { seed, webhooks } = settings;
  const accounts = settings.accounts.map(({ username }) => username);
  const clock = createCloudClock(settings.clockOffsetMs);
  const { now } = clock;
  // Faults and the flow have their own random generators, so that they do not change the events of a seed.
  const faults = createFaultState(createRandom(seed + 1));
  const store = createEventStore(settings.maxEvents);
  const subscriptions = createSubscriptionStore(now);
  const tokens = createTokenStore(now);
  const budget = createBudget(settings.requestsPerHour, now);
  const requests = createRequestLog();
  const scheduler = createScheduler();
  const caller = createWebhookCaller(webhooks);
  const sender = createWebhookSender({ ...webhooks, caller, subscriptions, faults, now });
  const maker = createEventMaker(seed);
  const emitter = createEmitter({ accounts, maker, store, subscriptions, sender, faults, now, seed });
  const flow = createEventFlow(emitter, accounts, createRandom(seed + 2));
  let generation: Generation = settings.generation;

  function begin(): void {
    for (const { username: account, apiToken } of settings.accounts) {
      if (apiToken === undefined) continue;
      tokens.create({ account, kind: 'api', permissions: allPermissions, expiresAtMs: undefined }, apiToken);
    }
    clock.setOffset(settings.clockOffsetMs);
    generation = settings.generation;
    flow.set(settings.flow);
  }

  const cloud: Omit<XiqCloud, 'url' | 'close'> = {
    accounts,
    emit: emitter.emit,
    truth: (query = {}) => truthOf(store, query),
    settled: sender.settled,
    pending: sender.pending,
    faults,
    subscriptions: createSubscriptionControl(subscriptions, accounts),
    tokens: createTokenControl(tokens, accounts, now),
    clock: {
      ...clock,
      setOffset(ms) {
        clock.setOffset(ms);
        emitter.onClockChange();
      },
    },
    flow,
    budget: {
      state: (account) => budget.state(accountOf(accounts, account)),
      setRemaining: (remaining, account) => budget.setRemaining(accountOf(accounts, account), remaining),
    },
    generation: {
      get: () => generation,
      set(other) {
        generation = generationSchema.parse(other);
      },
    },
    requests: requests.list,
    reset: function resetCloud() {
      flow.stop();
      for (const part of [scheduler, sender, store, subscriptions, faults, budget, requests, emitter, maker])
        part.clear();
      tokens.expireAll();
      begin();
    },
  };

  const app = new Hono<ApiEnv>();
  app.route('/_simulator', createControlApi(cloud));
  app.route(
    '/',
    createRestApi({
      ...settings,
      tokens,
      budget,
      faults,
      now,
      subscriptions,
      store,
      emitter,
      requests,
      scheduler,
      generation: () => generation,
      tenantOf: (account) => maker.tenant(accounts.indexOf(account)),
      newestFirst: settings.logOrder === 'newestFirst',
    }),
  );
  const listener = await listenAtLoopback(app.fetch, settings.port);
  begin();
  return {
    ...cloud,
    url: listener.url,
    close: async function closeCloud() {
      flow.stop();
      scheduler.clear();
      sender.clear();
      caller.close();
      await listener.close();
    },
  };
}
