// `xiq-siem doctor`: one marked event through everything, and found again.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, parseArguments, wholeNumber } from './arguments.ts';
import { ask, cutShort } from './ask.ts';
import { type Command, commonOptions } from './command.ts';
import { exits } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';
import { duration } from './terminal/units.ts';

const defaultSeconds = 30;

const options = {
  seconds: { type: 'string', value: 'COUNT', help: `longest wait for a destination (default ${defaultSeconds})` },
  ...commonOptions,
} as const satisfies CommandOptions;

export const doctorCommand: Command = {
  help: renderHelp({
    name: 'doctor',
    text: 'Send one marked event (dataset extreme_xiq.connector) the way that every webhook goes, and look for it at each destination that can be searched. Says for each what happened, and what to do.',
    options,
    exits: [
      [exits.ok, 'it came through everywhere'],
      [exits.attention, 'it did not, at one destination or more'],
      [exits.usage, 'wrong arguments'],
      [exits.unavailable, 'the connector does not run'],
      [exits.config, 'the configuration is at fault'],
      [exits.interrupted, 'Ctrl-C'],
    ],
  }),
  json: { schema: routes.doctor.answer, lines: true },
  async run(args, session) {
    const { values } = parseArguments('doctor', args, options);
    const seconds = values.seconds === undefined ? defaultSeconds : wholeNumber('--seconds', values.seconds, 1, 600);
    const { terminal } = session;
    const paint = painter(terminal);
    return ask(values, session, 'changes', async ({ operations, signal, say, tell }) => {
      terminal.progress('Sending one marked event …');
      for await (const line of operations.doctor({ seconds }, signal)) {
        tell(line);
        if (line.kind === 'end') {
          terminal.progress('');
          say(line.ok ? 'All is well.' : 'Not all is well.');
          return line.ok ? exits.ok : exits.attention;
        }
        if (line.kind === 'kept') say(`Kept: receipt ${printable(line.receipt)}, event ${printable(line.eventId)}`);
        else {
          const { name, type, result, ok, message, seconds: after } = line;
          const word = paint(ok ? 'green' : 'red', result.replaceAll('_', ' '));
          say(`${printable(name)} (${printable(type)}): ${word} after ${duration(after)}: ${printable(message)}`);
        }
        terminal.progress('Looking for it at the destinations …');
      }
      return cutShort(signal);
    });
  },
};
