// `xiq-siem subscriptions`: those at ExtremeCloud IQ, ours and foreign.
import { describeSubscription, shownText, type XiqSubscription } from '@xiq-siem/xiq-account';
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { counted } from '../terminal/units.ts';
import { apiExits, onSubscriptions, sourceOption } from './on-subscriptions.ts';
import { foreignSchema, planForm, subscriptionForm, subscriptionSchema } from './plan-form.ts';

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
    return onSubscriptions(values, session, async ({ source, list, plan: planOf, say, tell }) => {
      const found = await list();
      const plan = planOf(found);
      const foreignIds = new Set(plan.foreign.map(({ subscription: { id } }) => id));
      const ours = found.filter(({ id }) => !foreignIds.has(id));
      const foreign = plan.foreign.map(({ subscription }) => subscription);
      tell({ source, ours: ours.map(subscriptionForm), foreign: planForm(plan).foreign });
      if (found.length > 0)
        say([...ours.map((one) => line('ours', one)), ...foreign.map((one) => line('foreign', one))]);
      say(`${counted(ours.length, 'subscription')} of ours, ${foreign.length} foreign.`);
      return exits.ok;
    });
  },
});

/** Nothing of it is cut: an id is there to be named. */
function line(whose: string, one: XiqSubscription): string {
  const status = shownText(one.status ?? 'not shown');
  return printable(`${whose.padEnd(7)}  ${status.padEnd(8)}  ${describeSubscription(one)}`);
}
