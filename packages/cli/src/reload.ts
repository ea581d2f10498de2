// `xiq-siem reload`: a changed configuration into effect, without a restart.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const reloadCommand = defineCommand({
  text: 'Have the connector read its configuration again. It is checked whole first; with a fault nothing changes. Secrets, destinations, routing and the mapping change at once, and no request is refused meanwhile; what needs a restart is named and left as it is.',
  exits: {
    ok: 'in effect (but for what it says needs a restart)',
    config: 'the configuration is at fault: nothing has changed',
  },
  connector: 'changes',
  json: { schema: routes.reload.response },
  async run({ terminal, ask }) {
    const paint = painter(terminal);
    return ask(async ({ operations, signal, say, tell }) => {
      const reloaded = await operations.reload({}, signal);
      tell(reloaded);
      const { changed, needsRestart, mappingVersion } = reloaded;
      say([
        changed.length === 0 ? 'Nothing has changed.' : 'In effect now:',
        ...changed.map((text) => `  ${printable(text)}`),
        ...(needsRestart.length === 0 ? [] : [paint('yellow', 'Needs a restart, and is as it was:')]),
        ...needsRestart.map((text) => `  ${printable(text)}`),
        `Mapping: ${printable(mappingVersion)}`,
      ]);
      return exits.ok;
    });
  },
});
