// `xiq-siem subscriptions apply` and `delete`: show a plan, ask for confirmation, and apply it.
import { ConnectorError } from '@xiq-siem/core';
import {
  applyPlan,
  isNothingToDo,
  planDeletion,
  renderPlan,
  type SubscriptionPlan,
  subscriptionError,
  subscriptionNumber,
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

export const appliedSchema = z.strictObject({
  source: z.string(),
  plan: planSchema,
  steps: z.array(stepSchema).describe('The applied changes, in order.'),
  remaining: planSchema.describe('A new plan after the changes. `nothingToDo`: all changes are visible.'),
});

export interface ApplyOptions {
  readonly question: string;
  readonly yes: boolean;
  readonly replan: (found: readonly XiqSubscription[]) => SubscriptionPlan;
  /** Validates the plan before it is shown. */
  readonly check?: (plan: SubscriptionPlan) => void;
}

/** Call it before the first request. Throws if the terminal cannot ask for confirmation. */
export function requireConsent(terminal: Terminal, yes: boolean, json: boolean): void {
  if (yes || (terminal.interactive && !json)) return;
  throw new ConnectorError('usage', 'this command asks for confirmation, which needs a terminal: use --yes');
}

export async function showAndApply(
  { source, api, clock, log, signal, list, checkAgain, print, printJson }: OpenSubscriptions,
  terminal: Terminal,
  { question, yes, replan, check }: ApplyOptions,
): Promise<number> {
  const plan = replan(await list());
  check?.(plan);
  print(renderPlan(plan).map(printable));
  const form = planForm(plan);
  if (isNothingToDo(plan)) {
    printJson({ source, plan: form, steps: [], remaining: form });
    print('Nothing to do.');
    return exits.ok;
  }
  if (!yes && !(await terminal.confirm(question))) {
    print('Nothing was changed.');
    return exits.undone;
  }
  const steps: z.input<typeof stepSchema>[] = [];
  let remaining = plan;
  for await (const step of applyPlan(plan, { api, clock, log, replan }, signal)) {
    if (step.action === 'checked') remaining = step.remaining;
    else {
      const done = stepForm(step);
      steps.push(done);
      print(`${done.action} ${done.messageType}${done.id === undefined ? '' : ` (id ${done.id})`}`);
    }
  }
  await checkAgain();
  printJson({ source, plan: form, steps, remaining: planForm(remaining) });
  if (isNothingToDo(remaining)) {
    print('Done.');
    return exits.ok;
  }
  print([
    'ExtremeCloud IQ accepted all changes, but does not show all of them yet. Remaining:',
    ...renderPlan(remaining).map(printable),
  ]);
  return exits.attention;
}

const options = {
  yes: { type: 'boolean', help: 'do not ask for confirmation' },
  ...sourceOption,
} as const satisfies CommandOptions;

export const applyCommand = defineCommand({
  text: 'Create, change and delete the subscriptions at ExtremeCloud IQ so that they match the configuration. The command shows its plan and asks for confirmation. It only changes subscriptions with the configured application name and public URL. It needs no running connector.',
  options,
  exits: {
    ok: 'all subscriptions match the configuration',
    attention: 'applied, but ExtremeCloud IQ does not show all changes yet',
    undone: 'not confirmed: nothing was changed',
    usage: 'wrong arguments, no terminal and no --yes, or no subscriptions configured',
    ...apiExits,
    config: 'the configuration is invalid, or there is no secret yet',
  },
  json: { schema: appliedSchema, note: 'Needs `--yes`.' },
  async run({ values, terminal, session }) {
    const { yes = false, json = false } = values;
    requireConsent(terminal, yes, json);
    return onSubscriptions(values, session, async (opened) => {
      if (opened.rotating) {
        const message = 'a rotation of the secret is running or was interrupted: nothing was changed';
        const advice = 'Run xiq-siem subscriptions rotate-secret, then run this again';
        throw subscriptionError('rotation_unfinished', `${message}. ${advice}`);
      }
      const question = 'Apply these changes at ExtremeCloud IQ?';
      return showAndApply(opened, terminal, { question, yes, replan: opened.plan });
    });
  },
});

const maxIds = 200;

export const deleteCommand = defineCommand({
  usage: '[ID…]',
  text: 'Delete our subscriptions with these ids, or all of ours without an id. ExtremeCloud IQ then sends no more webhooks for them. The command shows its plan and asks for confirmation. It never deletes foreign subscriptions. A running connector with `reconcile: apply` creates the configured ones again.',
  options,
  exits: {
    ok: 'deleted, or there were none',
    attention: 'deleted, but ExtremeCloud IQ still shows some of them',
    undone: 'not confirmed: nothing was deleted',
    usage: 'wrong arguments, no terminal and no --yes, or no subscriptions configured',
    notFound: 'an id does not exist or is not ours: nothing was deleted',
    ...apiExits,
  },
  positionals: [0, maxIds],
  json: { schema: appliedSchema, note: 'Needs `--yes`.' },
  async run({ values, positionals, terminal, session }) {
    const { yes = false, json = false } = values;
    const wrong = positionals.find((id) => !/^\d{1,19}$/.test(subscriptionNumber(id)));
    if (wrong !== undefined) {
      throw new ConnectorError(
        'usage',
        `${JSON.stringify(wrong)} is not a subscription id: see xiq-siem subscriptions list`,
      );
    }
    requireConsent(terminal, yes, json);
    const ids = positionals.length === 0 ? undefined : positionals;
    return onSubscriptions(values, session, (opened) =>
      showAndApply(opened, terminal, {
        question: 'Delete these at ExtremeCloud IQ?',
        yes,
        replan: (found) => planDeletion(opened.target, found, ids),
        check: (plan) => requireOurs(plan, ids ?? []),
      }),
    );
  },
});

function requireOurs(plan: SubscriptionPlan, ids: readonly string[]): void {
  const ours = new Set(plan.delete.map(({ subscription: { id } }) => id));
  const unknown = ids.filter((id) => !ours.has(id));
  if (unknown.length === 0) return;
  const message = `not one of our subscriptions: ${unknown.join(', ')}. Nothing was deleted`;
  throw new ConnectorError('not_found', `${message}: see xiq-siem subscriptions list`);
}
