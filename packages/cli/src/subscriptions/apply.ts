// `xiq-siem subscriptions apply`: makes the subscriptions at ExtremeCloud IQ what the configuration says.
import { ConnectorError } from '@xiq-siem/core';
import { type CommandOptions, parseArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { carriedOutSchema, carryOut, requireConsent } from './carry-out.ts';
import { apiExits } from './exits.ts';
import { onSubscriptions, subscriptionsOptions } from './on-subscriptions.ts';

const options = {
  yes: { type: 'boolean', help: 'do not ask' },
  ...subscriptionsOptions,
} as const satisfies CommandOptions;

export const applyCommand: Command = {
  help: renderHelp({
    name: 'subscriptions apply',
    text: 'Make the subscriptions at ExtremeCloud IQ what the configuration says: create, change, delete. What would be done is shown, and asked, first. Only those that carry our application name and send to our public URL are touched. No running connector is needed.',
    options,
    exits: [
      [exits.ok, 'all is as configured'],
      [exits.attention, 'done, and ExtremeCloud IQ does not show all of it yet'],
      [exits.undone, 'not agreed: nothing was changed'],
      [exits.usage, 'wrong arguments, nobody to ask and no --yes, or no subscriptions configured'],
      ...apiExits,
      [exits.config, 'the configuration is at fault, or there is no secret yet'],
    ],
  }),
  json: { schema: carriedOutSchema, note: 'Needs `--yes`.' },
  async run(args, session) {
    const { values } = parseArguments('subscriptions apply', args, options);
    const { yes = false, json = false } = values;
    requireConsent(session.terminal, yes, json);
    return onSubscriptions(values, session, async (opened) => {
      if (opened.rotating) {
        const words = 'a rotation of the secret is under way, or was interrupted: nothing was changed';
        throw new ConnectorError('busy', `${words}. Run xiq-siem subscriptions rotate-secret, and this after it`);
      }
      const question = 'Do this at ExtremeCloud IQ?';
      return carryOut(opened, session.terminal, { question, yes, replan: opened.plan });
    });
  },
};
