// Shows a plan, asks, and does it: what apply and delete have in common.
import { ConnectorError } from '@xiq-siem/core';
import {
  applyPlan,
  isNothingToDo,
  renderPlan,
  type SubscriptionPlan,
  type XiqSubscription,
} from '@xiq-siem/xiq-account';
import { z } from 'zod';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { OpenSubscriptions } from './on-subscriptions.ts';
import { planForm, planSchema, stepForm, stepSchema } from './plan-form.ts';

export const carriedOutSchema = z.strictObject({
  source: z.string(),
  plan: planSchema,
  steps: z.array(stepSchema).describe('What was done, in this order.'),
  left: planSchema.describe('A plan made anew after that: `nothingToDo` says that all is as it is to be.'),
});

export interface CarryOut {
  readonly question: string;
  readonly yes: boolean;
  readonly replan: (found: readonly XiqSubscription[]) => SubscriptionPlan;
  /** Checks what was found before anything is shown. */
  readonly check?: (plan: SubscriptionPlan) => void;
}

/** Before ExtremeCloud IQ is asked at all: nobody is there to answer a question. */
export function requireConsent(terminal: Terminal, yes: boolean, json: boolean): void {
  if (yes || (terminal.canAsk && !json)) return;
  throw new ConnectorError('usage', 'this asks before it changes anything, and nobody is here to answer: give --yes');
}

export async function carryOut(
  { source, api, clock, log, signal, list, lookAgain, say, tell }: OpenSubscriptions,
  terminal: Terminal,
  { question, yes, replan, check }: CarryOut,
): Promise<number> {
  const plan = replan(await list());
  check?.(plan);
  say(renderPlan(plan).map(printable));
  const form = planForm(plan);
  if (isNothingToDo(plan)) {
    tell({ source, plan: form, steps: [], left: form });
    say('Nothing to do.');
    return exits.ok;
  }
  if (!yes && !(await terminal.ask(question))) {
    say('Nothing was changed.');
    return exits.undone;
  }
  const steps: z.input<typeof stepSchema>[] = [];
  let left = plan;
  for await (const step of applyPlan(plan, { api, clock, log, replan }, signal)) {
    if (step.did === 'looked') left = step.left;
    else {
      const done = stepForm(step);
      steps.push(done);
      say(`${done.did} ${done.messageType}${done.id === undefined ? '' : ` (id ${done.id})`}`);
    }
  }
  await lookAgain();
  tell({ source, plan: form, steps, left: planForm(left) });
  if (isNothingToDo(left)) {
    say('Done.');
    return exits.ok;
  }
  say([
    'ExtremeCloud IQ took all of it, and does not show all of it yet. Still to do:',
    ...renderPlan(left).map(printable),
  ]);
  return exits.attention;
}
