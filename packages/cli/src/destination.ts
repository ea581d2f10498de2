// `xiq-siem destination forget|resume NAME`.
import { routes } from '@xiq-siem/admin-api';
import { wrongArguments } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';

function missingName(command: string, names: readonly string[]): Error {
  const known = names.length === 0 ? 'no destination applies' : `one of ${names.map(printable).join(', ')}`;
  return wrongArguments(command, `missing NAME: ${known}`);
}

export const destinationForgetCommand = defineCommand({
  usage: 'NAME',
  text: 'Remove the position of destination NAME, which is no longer in the configuration. The journal then stops keeping requests for it.',
  positionals: [0, 1],
  connector: 'changes',
  exits: {
    ok: 'removed',
    usage: 'wrong arguments, or NAME is still configured',
    notFound: 'there is no such destination',
  },
  json: { schema: routes.forgetDestination.response },
  run: ({ positionals: [name], connect }) =>
    connect(async ({ operations, signal, print, printJson }) => {
      if (name === undefined) {
        throw missingName('destination forget', (await operations.status({}, signal)).notConfigured);
      }
      printJson(await operations.forgetDestination({ name }, signal));
      print(`Destination ${printable(name)} is forgotten.`);
      return exits.ok;
    }),
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
