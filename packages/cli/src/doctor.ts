// `xiq-siem doctor`: one marked event through everything, and found again.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, wholeNumber } from './arguments.ts';
import { cutShort } from './ask.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';
import { duration } from './terminal/units.ts';

const defaultSeconds = 30;

const options = {
  seconds: { type: 'string', value: 'COUNT', help: `longest wait for a destination (default ${defaultSeconds})` },
} as const satisfies CommandOptions;

export const doctorCommand = defineCommand({
  text: 'Send one marked event (dataset extreme_xiq.connector) the way that every webhook goes, and look for it at each destination that can be searched. Says for each what happened, and what to do.',
  options,
  exits: { ok: 'it came through everywhere', attention: 'it did not, at one destination or more' },
  connector: 'changes',
  json: { schema: routes.doctor.response, lines: true },
  async run({ values, terminal, ask }) {
    const seconds = values.seconds === undefined ? defaultSeconds : wholeNumber('--seconds', values.seconds, 1, 600);
    const paint = painter(terminal);
    return ask(async ({ operations, signal, say, tell }) => {
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
});
