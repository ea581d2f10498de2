// One look at our subscriptions: what is wrong with them, said and, where configured, mended.
import { ConnectorError, type Secret } from '@xiq-siem/core';
import { type ApplyPorts, type ApplyStep, applyPlan } from './apply.ts';
import { isNothingToDo, planSubscriptions, type SubscriptionPlan } from './plan.ts';
import { type Problems, problemsIn, type Remembered, rememberTypes, type SeenTypes } from './seen-types.ts';
import type { SubscriptionTarget } from './target.ts';

export interface ReconcileOptions extends Omit<ApplyPorts, 'replan'> {
  readonly target: SubscriptionTarget;
  /** Every secret of the source: a webhook with any of them comes through. */
  readonly accepted: readonly Secret[];
  readonly mode: 'report' | 'apply';
  /** What the last look remembered; `{}` at first. */
  readonly seen: SeenTypes;
}

/** `seen` is for the next look: keep it together with what is made of `gaps`. Gaps with both ends can be filled. */
export interface ReconcileResult extends Remembered {
  /** As it was found, before anything was mended. */
  readonly plan: SubscriptionPlan;
  /** By message type, as found. */
  readonly problems: Problems;
  /** By message type, as it is now: the same where nothing was mended. */
  readonly left: Problems;
  /** Ours, but too many: duplicates, and message types that are not wanted. */
  readonly surplus: number;
  /** Our URL under another application's name: events that we did not ask for. */
  readonly foreignAtOurUrl: number;
  /** What was done; empty in mode `report`. */
  readonly steps: readonly ApplyStep[];
  /** Why mending ended half way. What was done until then is in `steps`. */
  readonly fault: ConnectorError | undefined;
}

/** Rejects where even the list cannot be had: then nothing is known, and `seen` stays what it was. */
export async function reconcile(options: ReconcileOptions, signal: AbortSignal): Promise<ReconcileResult> {
  const { target, accepted, mode, seen: before, api, clock, log } = options;
  const replan: ApplyPorts['replan'] = (found) => planSubscriptions(target, found);
  const checkedAtMs = clock.now();
  const plan = replan(await api.subscriptions.list(signal));
  const problems = problemsIn(plan, accepted);
  for (const [messageType, reason] of problems) log.warn(`subscriptions.${reason}`, { messageType });
  const foreignAtOurUrl = plan.foreign.filter(({ reason }) => reason === 'our_url');
  for (const { subscription } of foreignAtOurUrl) log.warn('subscriptions.foreign', { id: subscription.id });
  if (plan.delete.length > 0) log.warn('subscriptions.surplus', { subscriptions: plan.delete.length });

  const steps: ApplyStep[] = [];
  let fault: ConnectorError | undefined;
  let left = problems;
  if (mode === 'apply' && !isNothingToDo(plan)) {
    try {
      for await (const step of applyPlan(plan, { api, clock, log, replan }, signal)) {
        steps.push(step);
        if (step.did === 'checked') left = problemsIn(step.left, accepted);
      }
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      fault = error;
      log.error('subscriptions.not_mended', { code: error.code });
    }
  }
  const endedAtMs = clock.now();
  const { messageTypes } = target;
  const remembered = rememberTypes(before, { messageTypes, found: problems, left, checkedAtMs, endedAtMs });
  const counts = { surplus: plan.delete.length, foreignAtOurUrl: foreignAtOurUrl.length };
  return { plan, problems, left, steps, fault, ...counts, ...remembered };
}
