// `xiq-siem subscriptions delete [ID…]`: takes subscriptions of ours away at ExtremeCloud IQ.
import { ConnectorError } from '@xiq-siem/core';
import { planDeletion } from '@xiq-siem/xiq-account';
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

const maxIds = 200;

export const deleteCommand: Command = {
  help: renderHelp({
    name: 'subscriptions delete',
    words: '[ID…]',
    text: 'Delete the subscriptions of ours that are named by their ids, or all of ours where none is named: ExtremeCloud IQ sends us nothing more for them. Which ones is shown, and asked, first. Foreign ones are never touched. A connector that runs with reconcile: apply makes again what the configuration wants.',
    options,
    exits: [
      [exits.ok, 'deleted, or there were none'],
      [exits.attention, 'done, and ExtremeCloud IQ still shows some of them'],
      [exits.undone, 'not agreed: nothing was deleted'],
      [exits.usage, 'wrong arguments, nobody to ask and no --yes, or no subscriptions configured'],
      [exits.notFound, 'an id is not there, or not of ours: nothing was deleted'],
      ...apiExits,
      [exits.config, 'the configuration is at fault'],
    ],
  }),
  json: { schema: carriedOutSchema, note: 'Needs `--yes`.' },
  async run(args, session) {
    const { values, positionals } = parseArguments('subscriptions delete', args, options, [0, maxIds]);
    const { yes = false, json = false } = values;
    const wrong = positionals.find((id) => !/^\d{1,19}$/.test(id));
    if (wrong !== undefined) {
      throw new ConnectorError('usage', `${JSON.stringify(wrong)} is no id: xiq-siem subscriptions list shows them`);
    }
    requireConsent(session.terminal, yes, json);
    const ids = positionals.length === 0 ? undefined : positionals;
    return onSubscriptions(values, session, (opened) =>
      carryOut(opened, session.terminal, {
        question: 'Delete these at ExtremeCloud IQ?',
        yes,
        replan: (found) => planDeletion(opened.target, found, ids),
        check(plan) {
          const ours = new Set(plan.delete.map(({ subscription: { id } }) => id));
          const unknown = (ids ?? []).filter((id) => !ours.has(id));
          if (unknown.length === 0) return;
          const words = `no subscription of ours: ${unknown.join(', ')}. Nothing was deleted`;
          throw new ConnectorError('not_found', `${words}; xiq-siem subscriptions list shows what there is`);
        },
      }),
    );
  },
};
