// `xiq-siem destination forget|resume NAME`.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';

export const destinationForgetCommand = defineCommand({
  usage: 'NAME',
  text: 'Forget destination NAME, which is no longer configured: its position is removed, and what it had not yet been sent holds nothing in the journal any more.',
  message: [1, 1],
  connector: 'changes',
  exits: { ok: 'done', usage: 'wrong arguments, or it is still configured', notFound: 'there is no such destination' },
  json: { schema: routes.forgetDestination.response },
  run: ({ message: [name = ''], ask }) =>
    ask(async ({ operations, signal, say, tell }) => {
      tell(await operations.forgetDestination({ name }, signal));
      say(`Destination ${printable(name)} is forgotten.`);
      return exits.ok;
    }),
});

export const destinationResumeCommand = defineCommand({
  usage: 'NAME',
  text: 'Try destination NAME now, whatever it waits for: the thing to do after what paused it is mended. It is not needed, only sooner.',
  message: [1, 1],
  connector: 'changes',
  exits: { ok: 'done', notFound: 'there is no such destination' },
  json: { schema: routes.resumeDestination.response },
  run: ({ message: [name = ''], ask }) =>
    ask(async ({ operations, signal, say, tell }) => {
      tell(await operations.resumeDestination({ name }, signal));
      say(`Destination ${printable(name)} is tried now: see xiq-siem status.`);
      return exits.ok;
    }),
});
