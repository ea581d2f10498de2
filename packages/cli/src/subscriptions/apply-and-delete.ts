// Shows a plan, asks, and does it: what apply and delete have in common.
import { ConnectorError } from '@xiq-siem/core';
import {
  applyPlan,
  isNothingToDo,
  planDeletion,
  renderPlan,
  type SubscriptionPlan,
  type XiqSubscription,
} from '@xiq-siem/xiq-account';
import { z } from 'zod';
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { apiExits, type OpenSubscriptions, onSubscriptions, sourceOption } from './on-subscriptions.ts';
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
  if (yes || (terminal.interactive && !json)) return;
  throw new ConnectorError('usage', 'this asks before it changes anything, and nobody is here to answer: give --yes');
}

export async function carryOut(
  { source, api, clock, log, signal, list, checkAgain, print, printJson }: OpenSubscriptions,
  terminal: Terminal,
  { question, yes, replan, check }: CarryOut,
): Promise<number> {
  const plan = replan(await list());
  check?.(plan);
  print(renderPlan(plan).map(printable));
  const form = planForm(plan);
  if (isNothingToDo(plan)) {
    printJson({ source, plan: form, steps: [], left: form });
    print('Nothing to do.');
    return exits.ok;
  }
  if (!yes && !(await terminal.confirm(question))) {
    print('Nothing was changed.');
    return exits.undone;
  }
  const steps: z.input<typeof stepSchema>[] = [];
  let left = plan;
  for await (const step of applyPlan(plan, { api, clock, log, replan }, signal)) {
    if (step.did === 'checked') left = step.left;
    else {
      const done = stepForm(step);
      steps.push(done);
      print(`${done.did} ${done.messageType}${done.id === undefined ? '' : ` (id ${done.id})`}`);
    }
  }
  await checkAgain();
  printJson({ source, plan: form, steps, left: planForm(left) });
  if (isNothingToDo(left)) {
    print('Done.');
    return exits.ok;
  }
  print([
    'ExtremeCloud IQ took all of it, and does not show all of it yet. Still to do:',
    ...renderPlan(left).map(printable),
  ]);
  return exits.attention;
}

const options = { yes: { type: 'boolean', help: 'do not ask' }, ...sourceOption } as const satisfies CommandOptions;

export const applyCommand = defineCommand({
  text: 'Make the subscriptions at ExtremeCloud IQ what the configuration says: create, change, delete. What would be done is shown, and asked, first. Only those that carry our application name and send to our public URL are touched. No running connector is needed.',
  options,
  exits: {
    ok: 'all is as configured',
    attention: 'done, and ExtremeCloud IQ does not show all of it yet',
    undone: 'not agreed: nothing was changed',
    usage: 'wrong arguments, nobody to ask and no --yes, or no subscriptions configured',
    ...apiExits,
    config: 'the configuration is at fault, or there is no secret yet',
  },
  json: { schema: carriedOutSchema, note: 'Needs `--yes`.' },
  async run({ values, terminal, session }) {
    const { yes = false, json = false } = values;
    requireConsent(terminal, yes, json);
    return onSubscriptions(values, session, async (opened) => {
      if (opened.rotating) {
        const message = 'a rotation of the secret is under way, or was interrupted: nothing was changed';
        throw new ConnectorError('busy', `${message}. Run xiq-siem subscriptions rotate-secret, and this after it`);
      }
      const question = 'Do this at ExtremeCloud IQ?';
      return carryOut(opened, terminal, { question, yes, replan: opened.plan });
    });
  },
});

const maxIds = 200;

export const deleteCommand = defineCommand({
  usage: '[ID…]',
  text: 'Delete the subscriptions of ours that are named by their ids, or all of ours where none is named: ExtremeCloud IQ sends us nothing more for them. Which ones is shown, and asked, first. Foreign ones are never touched. A connector that runs with reconcile: apply makes again what the configuration wants.',
  options,
  exits: {
    ok: 'deleted, or there were none',
    attention: 'done, and ExtremeCloud IQ still shows some of them',
    undone: 'not agreed: nothing was deleted',
    usage: 'wrong arguments, nobody to ask and no --yes, or no subscriptions configured',
    notFound: 'an id is not there, or not of ours: nothing was deleted',
    ...apiExits,
  },
  positionals: [0, maxIds],
  json: { schema: carriedOutSchema, note: 'Needs `--yes`.' },
  async run({ values, positionals, terminal, session }) {
    const { yes = false, json = false } = values;
    const wrong = positionals.find((id) => !/^\d{1,19}$/.test(id));
    if (wrong !== undefined) {
      throw new ConnectorError('usage', `${JSON.stringify(wrong)} is no id: xiq-siem subscriptions list shows them`);
    }
    requireConsent(terminal, yes, json);
    const ids = positionals.length === 0 ? undefined : positionals;
    return onSubscriptions(values, session, (opened) =>
      carryOut(opened, terminal, {
        question: 'Delete these at ExtremeCloud IQ?',
        yes,
        replan: (found) => planDeletion(opened.target, found, ids),
        check(plan) {
          const ours = new Set(plan.delete.map(({ subscription: { id } }) => id));
          const unknown = (ids ?? []).filter((id) => !ours.has(id));
          if (unknown.length === 0) return;
          const message = `no subscription of ours: ${unknown.join(', ')}. Nothing was deleted`;
          throw new ConnectorError('not_found', `${message}; xiq-siem subscriptions list shows what there is`);
        },
      }),
    );
  },
});
