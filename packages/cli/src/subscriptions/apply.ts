// `xiq-siem subscriptions apply`: makes the subscriptions at ExtremeCloud IQ what the configuration says.
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { carriedOutSchema, carryOut, requireConsent } from './carry-out.ts';
import { apiExits, onSubscriptions, sourceOption } from './on-subscriptions.ts';

const options = {
  yes: { type: 'boolean', help: 'do not ask' },
  ...sourceOption,
} as const satisfies CommandOptions;

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
        const words = 'a rotation of the secret is under way, or was interrupted: nothing was changed';
        throw new ConnectorError('busy', `${words}. Run xiq-siem subscriptions rotate-secret, and this after it`);
      }
      const question = 'Do this at ExtremeCloud IQ?';
      return carryOut(opened, terminal, { question, yes, replan: opened.plan });
    });
  },
});
