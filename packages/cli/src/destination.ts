// `xiq-siem destination forget|resume NAME`.
import { type Operations, routes } from '@xiq-siem/admin-api';
import { parseArguments } from './arguments.ts';
import { ask } from './ask.ts';
import { type Command, commonOptions } from './command.ts';
import { exits } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { printable } from './terminal/printable.ts';

export const destinationForgetCommand = onDestination({
  verb: 'forget',
  text: 'Forget destination NAME, which is no longer configured: its position is removed, and what it had not yet been sent holds nothing in the journal any more.',
  refused: 'it is still configured',
  schema: routes.forgetDestination.answer,
  act: (operations, name, signal) => operations.forgetDestination({ name }, signal),
  done: (name) => `Destination ${name} is forgotten.`,
});

export const destinationResumeCommand = onDestination({
  verb: 'resume',
  text: 'Try destination NAME now, whatever it waits for: the thing to do after what paused it is mended. It is not needed, only sooner.',
  refused: undefined,
  schema: routes.resumeDestination.answer,
  act: (operations, name, signal) => operations.resumeDestination({ name }, signal),
  done: (name) => `Destination ${name} is tried now: see xiq-siem status.`,
});

interface Verb {
  readonly verb: 'forget' | 'resume';
  readonly text: string;
  readonly refused: string | undefined;
  readonly schema: NonNullable<Command['json']>['schema'];
  act(operations: Operations, name: string, signal: AbortSignal): Promise<unknown>;
  done(name: string): string;
}

function onDestination({ verb, text, refused, schema, act, done }: Verb): Command {
  const name = `destination ${verb}`;
  return {
    help: renderHelp({
      ...{ name, words: 'NAME', text, options: commonOptions },
      exits: [
        [exits.ok, 'done'],
        [exits.usage, `wrong arguments${refused === undefined ? '' : `, or ${refused}`}`],
        [exits.notFound, 'there is no such destination'],
        [exits.unavailable, 'the connector does not run'],
        [exits.config, 'the configuration is at fault'],
      ],
    }),
    json: { schema },
    async run(args, session) {
      const { values, positionals } = parseArguments(name, args, commonOptions, [1, 1]);
      const [named = ''] = positionals;
      return ask(values, session, 'changes', async ({ operations, signal, say, tell }) => {
        tell(await act(operations, named, signal));
        say(done(printable(named)));
        return exits.ok;
      });
    },
  };
}
