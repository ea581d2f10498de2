// `xiq-siem doctor`: sends a test event through the connector and searches for it at the destinations.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, wholeNumber } from './arguments.ts';
import { endedEarly } from './connection.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { colourWriter } from './terminal/colours.ts';
import { printable, readableCode } from './terminal/printable.ts';
import { duration } from './terminal/units.ts';

const defaultSeconds = 30;

const options = {
  seconds: { type: 'string', value: 'COUNT', help: `longest wait for a destination (default ${defaultSeconds})` },
} as const satisfies CommandOptions;

export const doctorCommand = defineCommand({
  text: 'Send one test event (dataset extreme_xiq.connector) through the connector, and search for it at each destination that can be searched. For each destination, the command prints the result and what to do.',
  options,
  exits: { ok: 'it arrived at every destination', attention: 'it did not arrive at one destination or more' },
  connector: 'changes',
  json: { schema: routes.doctor.response, lines: true },
  async run({ values, terminal, connect }) {
    const seconds = values.seconds === undefined ? defaultSeconds : wholeNumber('--seconds', values.seconds, 1, 600);
    const coloured = colourWriter(terminal);
    return connect(async ({ operations, signal, print, printJson }) => {
      terminal.progress('Sending a test event …');
      for await (const line of operations.doctor({ seconds }, signal)) {
        printJson(line);
        if (line.kind === 'end') {
          terminal.progress('');
          print(line.ok ? 'No problem found.' : 'Problems found.');
          return line.ok ? exits.ok : exits.attention;
        }
        if (line.kind === 'kept') {
          print(`Test event stored: receipt ${printable(line.receipt)}, event ${printable(line.eventId)}`);
        } else {
          const { name, type, result, ok, message, seconds: after } = line;
          const outcome = coloured(ok ? 'green' : 'red', readableCode(result));
          print(`${printable(name)} (${printable(type)}): ${outcome} after ${duration(after)}: ${printable(message)}`);
        }
        terminal.progress('Searching for it at the destinations …');
      }
      return endedEarly(signal);
    });
  },
});
