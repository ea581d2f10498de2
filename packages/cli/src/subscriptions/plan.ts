// `xiq-siem subscriptions plan`: what apply would do.
import { isNothingToDo, renderPlan } from '@xiq-siem/xiq-account';
import { z } from 'zod';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { apiExits, onSubscriptions, sourceOption } from './on-subscriptions.ts';
import { planForm, planSchema } from './plan-form.ts';

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
    return onSubscriptions(values, session, async ({ source, rotating, target, list, plan: planOf, say, tell }) => {
      const plan = planOf(await list());
      tell({ source, plan: planForm(plan) });
      say(renderPlan(plan).map(printable));
      if (rotating) say('A rotation of the secret is under way, or was interrupted: no secret was compared.');
      else if (target.secret === undefined)
        say('There is no secret yet: none was compared, and nothing can be created.');
      if (isNothingToDo(plan)) {
        say('Nothing to do.');
        return exits.ok;
      }
      say('xiq-siem subscriptions apply does this.');
      return exits.undone;
    });
  },
});
