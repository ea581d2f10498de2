// `xiq-siem check`: checks that each destination accepts events.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { colourWriter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const checkCommand = defineCommand({
  text: 'Check that each destination accepts events, without sending one. WARN is a problem that does not stop events. A destination that the running connector has paused fails. If the connector is stopped, the command checks with the configuration file.',
  exits: { ok: 'every destination is ready', attention: 'at least one destination is not ready' },
  connector: 'reads',
  json: { schema: routes.check.response },
  async run({ terminal, connect }) {
    const coloured = colourWriter(terminal);
    return connect(async ({ operations, signal, print, printJson }) => {
      const response = await operations.check({}, signal);
      printJson(response);
      print(
        response.destinations.map(
          ({ name, type, ok, warning, message }) =>
            `${ok ? (warning ? coloured('yellow', 'WARN') : coloured('green', 'ok  ')) : coloured('red', 'FAIL')}  ${printable(name)} (${printable(type)}): ${printable(message)}`,
        ),
      );
      return response.destinations.every(({ ok }) => ok) ? exits.ok : exits.attention;
    });
  },
});
