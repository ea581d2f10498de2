// `xiq-siem reload`: applies a changed configuration without a restart.
import { routes } from '@xiq-siem/admin-api';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { colourWriter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';

export const reloadCommand = defineCommand({
  text: 'Make the connector read its configuration file again. The whole file is checked first; with an error, nothing changes. Secrets, destinations, routing and the mapping change at once, without refusing a webhook. Fields that need a restart are listed and keep their value.',
  exits: {
    ok: 'applied, except fields that need a restart',
    config: 'the configuration is invalid; nothing has changed',
  },
  connector: 'changes',
  json: { schema: routes.reload.response },
  async run({ terminal, connect }) {
    const coloured = colourWriter(terminal);
    return connect(async ({ operations, signal, print, printJson }) => {
      const reloaded = await operations.reload({}, signal);
      printJson(reloaded);
      const { changed, needsRestart, mappingVersion } = reloaded;
      print([
        changed.length === 0 ? 'Nothing has changed.' : 'Applied:',
        ...changed.map((text) => `  ${printable(text)}`),
        ...(needsRestart.length === 0 ? [] : [coloured('yellow', 'Not applied, needs a restart:')]),
        ...needsRestart.map((text) => `  ${printable(text)}`),
        `Mapping: ${printable(mappingVersion)}`,
      ]);
      return exits.ok;
    });
  },
});
