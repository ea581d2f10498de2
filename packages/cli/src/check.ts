// `xiq-siem check`: asks each destination whether it would take events.
import { routes } from '@xiq-siem/admin-api';
import { parseArguments } from './arguments.ts';
import { ask } from './ask.ts';
import { type Command, commonOptions } from './command.ts';
import { exits } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const checkCommand: Command = {
  help: renderHelp({
    name: 'check',
    text: 'Ask each destination whether it would take events now, without sending one. Of a stopped connector: with the configuration as it stands.',
    options: commonOptions,
    exits: [
      [exits.ok, 'each would'],
      [exits.attention, 'at least one would not'],
      [exits.usage, 'wrong arguments'],
      [exits.unavailable, 'the connector does not answer'],
      [exits.config, 'the configuration is at fault'],
      [exits.interrupted, 'Ctrl-C'],
    ],
  }),
  json: { schema: routes.check.answer },
  async run(args, session) {
    const { values } = parseArguments('check', args, commonOptions);
    const paint = painter(session.terminal);
    return ask(values, session, 'reads', async ({ operations, signal, say, tell }) => {
      const answer = await operations.check({}, signal);
      tell(answer);
      say(
        answer.destinations.map(
          ({ name, type, ok, message }) =>
            `${paint(ok ? 'green' : 'red', ok ? 'ok ' : 'NOT')}  ${printable(name)} (${printable(type)}): ${printable(message)}`,
        ),
      );
      return answer.destinations.every(({ ok }) => ok) ? exits.ok : exits.attention;
    });
  },
};
