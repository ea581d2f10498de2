// `xiq-siem dlq drop`: gives dead letters up for good, after it has asked.
import { routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { counted } from '../terminal/units.ts';
import { timeHelp } from '../time.ts';
import { filterOf, filterOptions, isEmpty, maxNumbers, numbersOf } from './filter.ts';

const options = {
  ...filterOptions,
  all: { type: 'boolean', help: 'every dead letter there is' },
  'dry-run': { type: 'boolean', help: 'only count them' },
  yes: { type: 'boolean', help: 'do not ask' },
} as const satisfies CommandOptions;

export const dropCommand = defineCommand({
  usage: '[NUMBER…]',
  text: `Give dead letters up for good: they are not sent again, and stand in the sum of status as dropped. Which ones is said by numbers, by filters, or by --all; how many that are is said, and asked, first.

${timeHelp}`,
  options,
  exits: {
    ok: 'dropped, or there were none',
    undone: 'not agreed, or --dry-run: nothing was dropped',
    usage: 'wrong arguments, or nobody to ask and no --yes',
    interrupted: 'Ctrl-C: nothing was dropped',
  },
  connector: 'changes',
  despiteFaults: true,
  message: [0, maxNumbers],
  json: { schema: routes.dropDeadLetters.response, note: 'Needs `--yes` or `--dry-run`.' },
  async run({ values, message, terminal, ask }) {
    const filter = { ...filterOf(values, terminal.now()), numbers: numbersOf(message) };
    const { all = false, 'dry-run': dryRun = false, yes = false } = values;
    if (all !== isEmpty(filter)) {
      throw new ConnectorError('usage', 'say which: numbers, filters, or --all of them\nSee: xiq-siem dlq drop --help');
    }
    if (!dryRun && !yes && (!terminal.canAsk || values.json === true)) {
      throw new ConnectorError('usage', 'this asks before it drops, and nobody is here to answer: give --yes');
    }
    return ask(async ({ operations, signal, say, tell }) => {
      // What comes while somebody thinks about the question was not asked about.
      const meant = filter.numbers ? filter : { ...filter, to: filter.to ?? new Date(terminal.now()).toISOString() };
      const found = yes && !dryRun ? undefined : await operations.dropDeadLetters({ ...meant, dryRun: true }, signal);
      if (found !== undefined) {
        const { events } = found;
        if (dryRun) tell(found);
        if (events === 0) {
          say('No dead letter is meant.');
          return exits.ok;
        }
        if (dryRun) {
          say(`${counted(events, 'dead letter')} would be dropped.`);
          return exits.undone;
        }
        if (!(await terminal.ask(`Give up ${counted(events, 'dead letter')} for good?`))) {
          say('Nothing was dropped.');
          return exits.undone;
        }
      }
      const dropped = await operations.dropDeadLetters({ ...meant, dryRun: false }, signal);
      tell(dropped);
      say(`${counted(dropped.events, 'dead letter')} dropped.`);
      return exits.ok;
    });
  },
});
