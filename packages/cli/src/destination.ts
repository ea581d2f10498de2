// `xiq-siem destination forget|resume NAME`.
import { routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { type CommandOptions, wrongArguments } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';
import { counted } from './terminal/units.ts';

function missingName(command: string, names: readonly string[]): Error {
  const known = names.length === 0 ? 'no destination applies' : `one of ${names.map(printable).join(', ')}`;
  return wrongArguments(command, `missing NAME: ${known}`);
}

const forgetOptions = {
  'dry-run': { type: 'boolean', help: 'only count the requests' },
  yes: { type: 'boolean', help: 'do not ask for confirmation' },
} as const satisfies CommandOptions;

export const destinationForgetCommand = defineCommand({
  usage: 'NAME',
  text: 'Remove the position of destination NAME, which is no longer in the configuration. The journal then stops keeping requests for it, and it never receives those that it has not received yet. The command shows how many they are and asks for confirmation.',
  positionals: [0, 1],
  options: forgetOptions,
  connector: 'changes',
  exits: {
    ok: 'removed',
    undone: 'not confirmed, or --dry-run; nothing was removed',
    usage: 'wrong arguments, NAME is still configured, or no terminal and no --yes',
    notFound: 'there is no such destination',
  },
  json: { schema: routes.forgetDestination.response, note: 'Needs `--yes` or `--dry-run`.' },
  async run({ positionals: [name], values, terminal, connect }) {
    const { 'dry-run': dryRun = false, yes = false } = values;
    if (name !== undefined && !dryRun && !yes && (!terminal.interactive || values.json === true)) {
      throw new ConnectorError('usage', 'confirmation needs a terminal: use --yes');
    }
    return connect(async ({ operations, signal, print, printJson }) => {
      if (name === undefined) {
        const { notConfigured } = await operations.status({}, signal);
        throw missingName(
          'destination forget',
          notConfigured.map((destination) => destination.name),
        );
      }
      const textOf = ({ requests }: { readonly requests: number }): string =>
        `${counted(requests, 'request')} that it has not received`;
      if (dryRun || !yes) {
        const found = await operations.forgetDestination({ name, dryRun: true }, signal);
        if (dryRun) {
          printJson(found);
          print(`Destination ${printable(name)} would be forgotten, with ${textOf(found)}.`);
          return exits.undone;
        }
        if (!(await terminal.confirm(`Forget destination ${printable(name)}, and discard ${textOf(found)}?`))) {
          print('Nothing was removed.');
          return exits.undone;
        }
      }
      const forgotten = await operations.forgetDestination({ name, dryRun: false }, signal);
      printJson(forgotten);
      print(`Destination ${printable(name)} is forgotten, with ${textOf(forgotten)}.`);
      return exits.ok;
    });
  },
});

export const destinationResumeCommand = defineCommand({
  usage: 'NAME',
  text: 'Retry destination NAME now. Use it after you fixed the cause of a pause; the connector also retries by itself, but later.',
  positionals: [0, 1],
  connector: 'changes',
  exits: { ok: 'a retry is started', notFound: 'there is no such destination' },
  json: { schema: routes.resumeDestination.response },
  run: ({ positionals: [name], connect }) =>
    connect(async ({ operations, signal, print, printJson }) => {
      if (name === undefined) {
        const { destinations } = await operations.status({}, signal);
        const names = destinations.map((destination) => destination.name);
        throw missingName('destination resume', names);
      }
      printJson(await operations.resumeDestination({ name }, signal));
      print(`Destination ${printable(name)}: retry started. Result: xiq-siem status`);
      return exits.ok;
    }),
});
