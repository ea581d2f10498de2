// Sends bodies to subscriptions with limited concurrency and the configured faults, and records each delivery.
import { receiptOf } from '../../report.ts';
import type { FaultName, FaultState } from '../faults.ts';
import type { Delivery, StoredEvent } from '../simulated-event.ts';
import { maxDeliveries } from '../simulated-event.ts';
import type { Subscription, SubscriptionStore } from '../subscriptions.ts';
import { type SecretForm, secretHeader } from './secret-forms.ts';
import type { WebhookCaller } from './webhook-call.ts';
import { createWorkQueue } from './work-queue.ts';

export interface WebhookSender {
  /** Queues one body for one subscription. */
  send(subscription: Subscription, events: readonly StoredEvent[], body: Buffer): void;
  /** Number of queued or in-flight bodies. */
  pending(): number;
  /** Resolves when no body is queued or in flight. */
  settled(): Promise<void>;
  /** Drops queued bodies. */
  clear(): void;
}

export interface SenderOptions {
  readonly caller: WebhookCaller;
  readonly subscriptions: SubscriptionStore;
  readonly faults: FaultState;
  readonly now: () => number;
  readonly secretForm: SecretForm;
  readonly connections: number;
  /** Number of retries after a response other than 2xx. */
  readonly retries: number;
  readonly retryDelayMs: number;
}

interface Job {
  readonly subscription: Subscription;
  readonly events: readonly StoredEvent[];
  readonly body: Buffer;
  readonly number: number;
  readonly faults: readonly string[];
  readonly slowMs: number;
  readonly attempt: number;
  /** Sent after the response of this one. */
  readonly after: readonly Job[];
}

/** Maximum number of queued bodies; further ones are recorded as `overflow`. */
const maxPending = 10_000;

export function createWebhookSender(options: SenderOptions): WebhookSender {
  const { caller, subscriptions, faults, now, secretForm, connections, retries, retryDelayMs } = options;
  const pending = createWorkQueue<Job>(connections, run);
  /** By subscription: the body that waits for a later one. */
  const postponed = new Map<string, { readonly job: Job; readonly release: () => void }>();
  let bodies = 0;
  /** Incremented by `clear`: results of earlier bodies are then ignored. */
  let epoch = 0;

  function note(job: Job, response: number | string, attempt: number, receipt?: string): void {
    const { id, url } = job.subscription;
    const delivery: Delivery = {
      subscriptionId: id,
      url,
      body: job.number,
      attempt,
      endedAtMs: now(),
      response,
      accepted: isAccepted(response),
      receipt,
      faults: job.faults,
    };
    for (const { deliveries } of job.events) if (deliveries.length < maxDeliveries) deliveries.push(delivery);
  }

  async function run(job: Job): Promise<void> {
    const began = epoch;
    const repeat = await attempt(job);
    if (epoch !== began) return;
    if (repeat !== undefined) return pending.addLater(retryDelayMs, repeat);
    for (const event of job.events) event.inTransit -= 1;
    for (const next of job.after) pending.add(next);
  }

  /** The job to retry later, if any. */
  async function attempt(job: Job): Promise<Job | undefined> {
    const subscription = subscriptions.find(job.subscription.id);
    if (subscription?.status !== 'ENABLED') {
      note(job, 'withdrawn', 0);
      return undefined;
    }
    // The current URL and secret: they may have changed while the body was queued.
    const { url, secret: own } = subscription;
    const secret = job.faults.includes('wrongSecret') ? `not-${own ?? 'a-secret'}` : own;
    const response = await caller.call({
      url,
      body: job.body,
      authorization: secret === undefined ? undefined : secretHeader(secretForm, secret),
      cut: job.faults.includes('cutWebhook'),
      slowMs: job.slowMs,
    });
    note({ ...job, subscription }, response.status, job.attempt, receiptOf(response));
    if (isAccepted(response.status) || job.attempt > retries) return undefined;
    return { ...job, faults: [], slowMs: 0, attempt: job.attempt + 1 };
  }

  function send(subscription: Subscription, events: readonly StoredEvent[], body: Buffer): void {
    const { id, messageType } = subscription;
    const hit = <N extends FaultName>(name: N) => faults.hit(name, { messageType })?.settings;
    bodies += 1;
    const plain: Job = { subscription, events, body, number: bodies, faults: [], slowMs: 0, attempt: 1, after: [] };
    if (pending.size() + postponed.size >= maxPending) {
      note(plain, 'overflow', 0);
      return;
    }
    if (hit('drop') !== undefined) {
      note({ ...plain, faults: ['drop'] }, 'dropped', 0);
      return;
    }
    const settings = {
      late: hit('late'),
      slow: hit('slow'),
      twice: hit('twice'),
      outOfOrder: postponed.has(id) ? undefined : hit('outOfOrder'),
      wrongSecret: hit('wrongSecret'),
      cutWebhook: hit('cutWebhook'),
    };
    const { late, slow, twice, outOfOrder } = settings;
    const names = Object.entries(settings).flatMap(([name, set]) => (set === undefined ? [] : [name]));
    const repeat: readonly Job[] = twice === undefined ? [] : [{ ...plain, faults: ['twice'] }];
    const job: Job = { ...plain, faults: names, slowMs: slow?.durationMs ?? 0, after: repeat };
    for (const event of events) event.inTransit += 1 + repeat.length;
    if (outOfOrder !== undefined) postpone(id, job, outOfOrder.holdMs);
    else pending.addLater(late?.delayMs ?? 0, { ...job, after: [...job.after, ...takePostponed(id)] });
  }

  function takePostponed(id: string): readonly Job[] {
    const waiting = postponed.get(id);
    if (waiting === undefined) return [];
    postponed.delete(id);
    waiting.release();
    return [waiting.job];
  }

  function postpone(id: string, job: Job, holdMs: number): void {
    const timer = setTimeout(() => {
      postponed.delete(id);
      pending.add(job);
    }, holdMs);
    postponed.set(id, { job, release: () => clearTimeout(timer) });
  }

  return {
    send,
    pending: () => pending.size() + postponed.size,
    settled: async function webhooksSettled() {
      while (pending.size() + postponed.size > 0) await pending.change();
    },
    clear: function clearWebhooks() {
      epoch += 1;
      for (const { release } of postponed.values()) release();
      postponed.clear();
      pending.clear();
    },
  };
}

function isAccepted(response: number | string): boolean {
  return typeof response === 'number' && response >= 200 && response < 300;
}
