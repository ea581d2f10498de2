// `xiq-siem check`: asks each destination whether it would take events.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const checkCommand = defineCommand({
  text: 'Ask each destination whether it would take events now, without sending one. Of a stopped connector: with the configuration as it stands.',
  exits: { ok: 'each would', attention: 'at least one would not' },
  connector: 'reads',
  json: { schema: routes.check.response },
  async run({ terminal, ask }) {
    const paint = painter(terminal);
    return ask(async ({ operations, signal, say, tell }) => {
      const response = await operations.check({}, signal);
      tell(response);
      say(
        response.destinations.map(
          ({ name, type, ok, message }) =>
            `${paint(ok ? 'green' : 'red', ok ? 'ok ' : 'NOT')}  ${printable(name)} (${printable(type)}): ${printable(message)}`,
        ),
      );
      return response.destinations.every(({ ok }) => ok) ? exits.ok : exits.attention;
    });
  },
});
