// `xiq-siem subscriptions`: those at ExtremeCloud IQ, ours and foreign.
import { shownText, shownUrl, type XiqSubscription } from '@xiq-siem/xiq';
import { z } from 'zod';
import { parseArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { type Cell, renderTable } from '../terminal/table.ts';
import { counted } from '../terminal/units.ts';
import { apiExits } from './exits.ts';
import { onSubscriptions, subscriptionsOptions } from './on-subscriptions.ts';
import { foreignSchema, planForm, subscriptionForm, subscriptionSchema } from './plan-form.ts';

export const listCommand: Command = {
  help: renderHelp({
    name: 'subscriptions list',
    text: 'The webhook subscriptions of the account at ExtremeCloud IQ: ours (our application name, at our public URL), and all others. No running connector is needed.',
    options: subscriptionsOptions,
    exits: [
      [exits.ok, 'listed, be there any or none'],
      [exits.usage, 'wrong arguments, or no subscriptions configured'],
      ...apiExits,
      [exits.config, 'the configuration is at fault'],
    ],
  }),
  json: {
    schema: z.strictObject({
      source: z.string(),
      ours: z.array(subscriptionSchema),
      foreign: z.array(foreignSchema),
    }),
  },
  async run(args, session) {
    const { values } = parseArguments('subscriptions list', args, subscriptionsOptions);
    return onSubscriptions(values, session, async ({ source, list, plan: planOf, say, tell }) => {
      const found = await list();
      const plan = planOf(found);
      const foreignIds = new Set(plan.foreign.map(({ subscription: { id } }) => id));
      const ours = found.filter(({ id }) => !foreignIds.has(id));
      const foreign = plan.foreign.map(({ subscription }) => subscription);
      tell({ source, ours: ours.map(subscriptionForm), foreign: planForm(plan).foreign });
      const rows = [...ours.map((one) => row(one, 'ours')), ...foreign.map((one) => row(one, 'foreign'))];
      say(rows.length === 0 ? 'No subscriptions.' : renderTable(columns, rows, session.terminal));
      const more = `${counted(ours.length, 'subscription')} of ours, ${foreign.length} foreign.`;
      if (rows.length > 0) say(`${more} xiq-siem subscriptions plan compares them with the configuration.`);
      return exits.ok;
    });
  },
};

const columns = [
  { title: 'ID', align: 'right' },
  { title: 'WHOSE' },
  { title: 'MESSAGE TYPE' },
  { title: 'STATUS' },
  { title: 'APPLICATION' },
  { title: 'URL' },
] as const;

function row(one: XiqSubscription, whose: string): readonly Cell[] {
  const { id, messageType, status = 'not shown', application, url } = one;
  const colour = status === 'ENABLED' ? 'green' : 'yellow';
  return [
    id,
    whose,
    shownText(messageType),
    { text: shownText(status), colour },
    shownText(application),
    shownUrl(url),
  ];
}
