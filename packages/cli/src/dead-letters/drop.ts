// `xiq-siem dlq drop`: discards dead letters permanently, after a confirmation.
import { routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { type CommandOptions, wrongArguments } from '../arguments.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { counted } from '../terminal/units.ts';
import { timeHelp } from '../time.ts';
import { filterOf, filterOptions, isEmpty, maxNumbers, numbersOf } from './filter.ts';

const options = {
  ...filterOptions,
  all: { type: 'boolean', help: 'all dead letters' },
  'dry-run': { type: 'boolean', help: 'only count them' },
  yes: { type: 'boolean', help: 'do not ask for confirmation' },
} as const satisfies CommandOptions;

export const dropCommand = defineCommand({
  usage: '[NUMBER…]',
  text: `Discard dead letters permanently: they are not sent again, and status counts them as dropped. Select them with numbers, with filters, or with --all. Parked events need --parked or their number. The command shows how many they are and asks for confirmation.

${timeHelp}`,
  options,
  exits: {
    ok: 'dropped, or none matched',
    undone: 'not confirmed, or --dry-run; nothing was dropped',
    usage: 'wrong arguments, or no terminal and no --yes',
    interrupted: 'Ctrl-C; nothing was dropped',
  },
  connector: 'changes',
  allowInvalidConfiguration: true,
  positionals: [0, maxNumbers],
  json: { schema: routes.dropDeadLetters.response, note: 'Needs `--yes` or `--dry-run`.' },
  async run({ values, positionals, terminal, connect }) {
    const filter = { ...filterOf(values, terminal.now()), numbers: numbersOf(positionals) };
    const { all = false, 'dry-run': dryRun = false, yes = false } = values;
    if (all !== isEmpty(filter)) {
      throw wrongArguments('dlq drop', 'expected numbers, filters or --all');
    }
    if (!dryRun && !yes && (!terminal.interactive || values.json === true)) {
      throw new ConnectorError('usage', 'confirmation needs a terminal: use --yes');
    }
    return connect(async ({ operations, signal, print, printJson }) => {
      // Dead letters that are added during the confirmation are not part of it.
      const selected = filter.numbers ? filter : { ...filter, to: filter.to ?? new Date(terminal.now()).toISOString() };
      const found =
        yes && !dryRun ? undefined : await operations.dropDeadLetters({ ...selected, dryRun: true }, signal);
      if (found !== undefined) {
        const { events } = found;
        if (dryRun) printJson(found);
        if (events === 0) {
          print('No dead letters match.');
          return exits.ok;
        }
        if (dryRun) {
          print(`${counted(events, 'dead letter')} would be dropped.`);
          return exits.undone;
        }
        if (!(await terminal.confirm(`Discard ${counted(events, 'dead letter')} permanently?`))) {
          print('Nothing was dropped.');
          return exits.undone;
        }
      }
      const dropped = await operations.dropDeadLetters({ ...selected, dryRun: false }, signal);
      printJson(dropped);
      print(`${counted(dropped.events, 'dead letter')} dropped.`);
      return exits.ok;
    });
  },
});
