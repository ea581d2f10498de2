// `xiq-siem subscriptions list` and `plan`.
import {
  describeSubscription,
  isNothingToDo,
  renderPlan,
  shownText,
  type XiqSubscription,
} from '@xiq-siem/xiq-account';
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { counted } from '../terminal/units.ts';
import { apiExits, onSubscriptions, sourceOption } from './on-subscriptions.ts';
import { foreignSchema, planForm, planSchema, subscriptionForm, subscriptionSchema } from './plan-form.ts';

export const planCommand = defineCommand({
  text: `Show how the subscriptions at ExtremeCloud IQ differ from the configuration, one per line:

  + create   ~ change   - delete   = unchanged   ? not ours, never changed

The command changes nothing and needs no running connector.`,
  options: sourceOption,
  exits: {
    ok: 'nothing to do',
    undone: 'there are differences: xiq-siem subscriptions apply fixes them',
    usage: 'wrong arguments, or no subscriptions configured',
    ...apiExits,
  },
  json: { schema: z.strictObject({ source: z.string(), plan: planSchema }) },
  async run({ values, session }) {
    return onSubscriptions(
      values,
      session,
      async ({ source, rotating, target, list, plan: planOf, print, printJson }) => {
        const plan = planOf(await list());
        printJson({ source, plan: planForm(plan) });
        print(renderPlan(plan).map(printable));
        if (rotating) print('A rotation of the secret is running or was interrupted: secrets were not compared.');
        else if (target.secret === undefined)
          print('There is no secret yet: secrets were not compared, and no subscription can be created.');
        if (isNothingToDo(plan)) {
          print('Nothing to do.');
          return exits.ok;
        }
        print('To apply this, run xiq-siem subscriptions apply.');
        return exits.undone;
      },
    );
  },
});

export const listCommand = defineCommand({
  text: 'List the webhook subscriptions of the account at ExtremeCloud IQ: ours (with the configured application name and public URL) and foreign ones. The command needs no running connector.',
  options: sourceOption,
  exits: {
    ok: 'listed',
    usage: 'wrong arguments, or no subscriptions configured',
    ...apiExits,
  },
  json: {
    schema: z.strictObject({
      source: z.string(),
      ours: z.array(subscriptionSchema),
      foreign: z.array(foreignSchema),
    }),
  },
  async run({ values, session }) {
    return onSubscriptions(values, session, async ({ source, list, plan: planOf, print, printJson }) => {
      const found = await list();
      const plan = planOf(found);
      const foreignIds = new Set(plan.foreign.map(({ subscription: { id } }) => id));
      const ours = found.filter(({ id }) => !foreignIds.has(id));
      const foreign = plan.foreign.map(({ subscription }) => subscription);
      printJson({ source, ours: ours.map(subscriptionForm), foreign: planForm(plan).foreign });
      if (found.length > 0)
        print([...ours.map((one) => line('ours', one)), ...foreign.map((one) => line('foreign', one))]);
      print(`${counted(ours.length, 'subscription')} of ours, ${foreign.length} foreign.`);
      return exits.ok;
    });
  },
});

/** Not cut to the terminal's width, so that ids stay complete. */
function line(owner: string, one: XiqSubscription): string {
  const status = shownText(one.status ?? 'not shown');
  return printable(`${owner.padEnd(7)}  ${status.padEnd(8)}  ${describeSubscription(one)}`);
}
