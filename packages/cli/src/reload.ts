// `xiq-siem reload`: a changed configuration into effect, without a restart.
import { routes } from '@xiq-siem/admin-api';
import { parseArguments } from './arguments.ts';
import { ask } from './ask.ts';
import { type Command, commonOptions } from './command.ts';
import { exits } from './exit-codes.ts';
import { renderHelp } from './help.ts';
import { painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const reloadCommand: Command = {
  help: renderHelp({
    name: 'reload',
    text: 'Have the connector read its configuration again. It is checked whole first; with a fault nothing changes. Secrets, destinations, routing and the mapping change at once, and no request is refused meanwhile; what needs a restart is named and left as it is.',
    options: commonOptions,
    exits: [
      [exits.ok, 'in effect (but for what it says needs a restart)'],
      [exits.usage, 'wrong arguments'],
      [exits.unavailable, 'the connector does not run'],
      [exits.config, 'the configuration is at fault: nothing has changed'],
    ],
  }),
  json: { schema: routes.reload.answer },
  async run(args, session) {
    const { values } = parseArguments('reload', args, commonOptions);
    const paint = painter(session.terminal);
    return ask(values, session, 'changes', async ({ operations, signal, say, tell }) => {
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
};
