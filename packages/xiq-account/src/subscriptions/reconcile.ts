// Checks our subscriptions once: logs problems and, in mode `apply`, fixes them.
import { ConnectorError, type Secret } from '@xiq-siem/core';
import { type ApplyPorts, type ApplyStep, applyPlan } from './apply.ts';
import { isNothingToDo, planSubscriptions, type SubscriptionPlan } from './plan.ts';
import { type Problems, problemsIn, type RecordedTypes, recordTypes, type SeenTypes } from './seen-types.ts';
import { type SubscriptionTarget, subscribedTypes } from './target.ts';

export interface ReconcileOptions extends Omit<ApplyPorts, 'replan'> {
  readonly target: SubscriptionTarget;
  /** All secrets of the source: the receiver accepts a webhook with any of them. */
  readonly accepted: readonly Secret[];
  readonly mode: 'report' | 'apply';
  /** Result of the last check; `{}` at first. */
  readonly seen: SeenTypes;
}

/** Store `seen` for the next check after you have handled `gaps`. A gap with both ends can be back-filled. */
export interface ReconcileResult extends RecordedTypes {
  /** The plan before any fix. */
  readonly plan: SubscriptionPlan;
  /** By message type, before any fix. */
  readonly problems: Problems;
  /** By message type, after the fixes. */
  readonly remaining: Problems;
  /** Number of our duplicates, and of our subscriptions to message types that are not configured. */
  readonly surplus: number;
  /** Number of other applications' subscriptions that send to our URL. */
  readonly foreignAtOurUrl: number;
  /** Fixes; empty in mode `report`. */
  readonly steps: readonly ApplyStep[];
  /** The error that ended the fixes early. `steps` has those before it. */
  readonly fault: ConnectorError | undefined;
}

/** Rejects if the subscriptions cannot be listed: keep the old `seen` then. */
export async function reconcile(options: ReconcileOptions, signal: AbortSignal): Promise<ReconcileResult> {
  const { target, accepted, mode, seen: before, api, clock, log } = options;
  const replan: ApplyPorts['replan'] = (found) => planSubscriptions(target, found);
  const startedAtMs = clock.now();
  const plan = replan(await api.subscriptions.list(signal));
  const problems = problemsIn(plan, accepted);
  for (const [messageType, reason] of problems) log.warn(`subscriptions.${reason}`, { messageType });
  const foreignAtOurUrl = plan.foreign.filter(({ reason }) => reason === 'our_url');
  for (const { subscription } of foreignAtOurUrl)
    log.warn('subscriptions.foreign_subscription', { id: subscription.id });
  if (plan.delete.length > 0) log.warn('subscriptions.surplus_subscription', { subscriptions: plan.delete.length });

  const steps: ApplyStep[] = [];
  let fault: ConnectorError | undefined;
  let remaining = problems;
  if (mode === 'apply' && !isNothingToDo(plan)) {
    try {
      for await (const step of applyPlan(plan, { api, clock, log, replan }, signal)) {
        steps.push(step);
        if (step.action === 'checked') remaining = problemsIn(step.remaining, accepted);
      }
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      fault = error;
      log.error('subscriptions.fix_failed', { code: error.code });
    }
  }
  const endedAtMs = clock.now();
  const messageTypes = subscribedTypes(target);
  const recorded = recordTypes(before, { messageTypes, found: problems, remaining, startedAtMs, endedAtMs });
  const counts = { surplus: plan.delete.length, foreignAtOurUrl: foreignAtOurUrl.length };
  return { plan, problems, remaining, steps, fault, ...counts, ...recorded };
}
