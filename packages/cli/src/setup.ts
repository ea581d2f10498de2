// `xiq-siem setup NAME`: prepares a destination's other side, after it has shown what it would change.

import { configurationError, loadConfiguration, type Registry } from '@xiq-siem/config';
import { ConnectorError, type DestinationSetup, escapeControls, type SetupChange } from '@xiq-siem/core';
import { destinationContext } from '@xiq-siem/pipeline';
import { z } from 'zod';
import { type CommandOptions, configFile } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { standardErrorLogger } from './log/log.ts';
import { jsonLine } from './terminal/printable.ts';

const options = {
  'dry-run': { type: 'boolean', help: 'show what would change, write nothing' },
  yes: { type: 'boolean', help: 'do not ask' },
} as const satisfies CommandOptions;

export const setupCommand = defineCommand({
  usage: 'NAME',
  text: 'Prepare the other side of destination NAME (for elasticsearch: component templates, the index template, and the ingest pipeline where it is configured). What would change is shown first, and nothing is written before you agree.',
  options,
  exits: {
    ok: 'done, or nothing to do',
    undone: 'something to do, and not done: --dry-run, or not agreed',
    unavailable: 'the destination cannot be reached, or refuses',
    interrupted: 'Ctrl-C',
  },
  message: [1, 1],
  json: {
    schema: z.strictObject({
      changes: z.array(
        z.strictObject({
          kind: z.enum(['create', 'update', 'unchanged']),
          name: z.string(),
          diff: z.array(z.string()).describe('`+ path: value`, `- path: value`, `~ path: old -> new`.'),
        }),
      ),
      applied: z.boolean(),
    }),
    note: 'Nobody is asked: give `--yes` to have it written.',
  },
  async run({ values, message, terminal, session }) {
    const setup = await openSetup(configFile(values), message[0] ?? '', await session.product.registry());
    const changes = await setup.plan();
    const open = changes.some(({ kind }) => kind !== 'unchanged');
    const json = values.json === true;
    if (!json) terminal.out(changes.map(shown).join('\n'));
    const mayAsk = !json && terminal.canAsk;
    const wanted = open && values['dry-run'] !== true;
    const agreed = wanted && (values.yes === true || (mayAsk && (await terminal.ask('Write this?'))));
    if (agreed) await setup.apply();
    if (json) terminal.out(jsonLine({ changes, applied: agreed }));
    else terminal.out(agreed ? 'Done.' : open ? 'Nothing was written.' : 'Nothing to do.');
    return open && !agreed ? exits.undone : exits.ok;
  },
});

async function openSetup(file: string | undefined, name: string, registry: Registry): Promise<DestinationSetup> {
  const loaded = await loadConfiguration(file, registry, process.env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const configured = loaded.configuration.destinations.find((destination) => destination.name === name);
  if (configured === undefined) {
    const names = loaded.configuration.destinations.map((destination) => destination.name).join(', ');
    throw new ConnectorError('usage', `there is no destination ${name}: the configuration has ${names}`);
  }
  const services = { now: Date.now, log: standardErrorLogger(), meter: { add() {} } };
  const setup = configured.setup(destinationContext(configured, loaded.configuration, services).context);
  if (setup === undefined) {
    throw new ConnectorError('usage', `a destination of type ${configured.definition.type} needs no preparation`);
  }
  return setup;
}

function shown({ kind, name, diff }: SetupChange): string {
  return [`${kind} ${escapeControls(name)}`, ...diff.map((line) => `  ${escapeControls(line)}`)].join('\n');
}
