// `xiq-siem subscriptions delete [ID…]`: takes subscriptions of ours away at ExtremeCloud IQ.
import { ConnectorError } from '@xiq-siem/core';
import { planDeletion } from '@xiq-siem/xiq-account';
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { carriedOutSchema, carryOut, requireConsent } from './carry-out.ts';
import { apiExits, onSubscriptions, sourceOption } from './on-subscriptions.ts';

const options = {
  yes: { type: 'boolean', help: 'do not ask' },
  ...sourceOption,
} as const satisfies CommandOptions;

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
  words: [0, maxIds],
  json: { schema: carriedOutSchema, note: 'Needs `--yes`.' },
  async run({ values, words, terminal, session }) {
    const { yes = false, json = false } = values;
    const wrong = words.find((id) => !/^\d{1,19}$/.test(id));
    if (wrong !== undefined) {
      throw new ConnectorError('usage', `${JSON.stringify(wrong)} is no id: xiq-siem subscriptions list shows them`);
    }
    requireConsent(terminal, yes, json);
    const ids = words.length === 0 ? undefined : words;
    return onSubscriptions(values, session, (opened) =>
      carryOut(opened, terminal, {
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
});
