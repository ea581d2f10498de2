// `xiq-siem subscriptions plan`: what apply would do.
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
  text: `How the subscriptions at ExtremeCloud IQ differ from the configuration, one a line:

  + create   ~ change   - delete   = leave as it is   ? not ours, never touched

Nothing is changed, and no running connector is needed.`,
  options: sourceOption,
  exits: {
    ok: 'nothing to do',
    undone: 'something to do: xiq-siem subscriptions apply does it',
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
        if (rotating) print('A rotation of the secret is under way, or was interrupted: no secret was compared.');
        else if (target.secret === undefined)
          print('There is no secret yet: none was compared, and nothing can be created.');
        if (isNothingToDo(plan)) {
          print('Nothing to do.');
          return exits.ok;
        }
        print('xiq-siem subscriptions apply does this.');
        return exits.undone;
      },
    );
  },
});

export const listCommand = defineCommand({
  text: 'The webhook subscriptions of the account at ExtremeCloud IQ: ours (our application name, at our public URL), and all others. No running connector is needed.',
  options: sourceOption,
  exits: {
    ok: 'listed, be there any or none',
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

/** Nothing of it is cut: an id is there to be named. */
function line(whose: string, one: XiqSubscription): string {
  const status = shownText(one.status ?? 'not shown');
  return printable(`${whose.padEnd(7)}  ${status.padEnd(8)}  ${describeSubscription(one)}`);
}
