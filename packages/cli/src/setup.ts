// `xiq-siem setup NAME`: creates what a destination needs on its server, after a confirmation.
import { configurationError, loadConfiguration, type Registry } from '@xiq-siem/config';
import { ConnectorError, type DestinationSetup, escapeControls, exitCodes, type SetupChange } from '@xiq-siem/core';
import { destinationContext } from '@xiq-siem/pipeline';
import { z } from 'zod';
import { type CommandOptions, configFile, wrongArguments } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { standardErrorLogger } from './log/log.ts';
import { jsonLine } from './terminal/printable.ts';

const noSetup = { code: 'setup_not_needed', exitCode: exitCodes.usage } as const;

const options = {
  'dry-run': { type: 'boolean', help: 'show the changes, write nothing' },
  yes: { type: 'boolean', help: 'do not ask for confirmation' },
} as const satisfies CommandOptions;

export const setupCommand = defineCommand({
  usage: 'NAME',
  text: 'Create what destination NAME needs on its server. For elasticsearch: component templates, the index template, and the ingest pipeline if it is configured. The changes are shown first, and written after your confirmation.',
  options,
  exits: {
    ok: 'done, or nothing to do',
    undone: 'changes are pending: --dry-run, or not confirmed',
    notFound: 'there is no such destination',
    unavailable: 'the destination cannot be reached, or rejects the request',
    interrupted: 'Ctrl-C',
  },
  positionals: [0, 1],
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
    note: 'There is no confirmation: `--yes` writes the changes.',
  },
  async run({ values, positionals, terminal, session }) {
    const setup = await openSetup(configFile(values), positionals[0], await session.product.registry());
    const changes = await setup.plan();
    const pending = changes.some(({ kind }) => kind !== 'unchanged');
    const json = values.json === true;
    if (!json) terminal.out(changes.map(changeText).join('\n'));
    const canConfirm = !json && terminal.interactive;
    const wanted = pending && values['dry-run'] !== true;
    const confirmed =
      wanted && (values.yes === true || (canConfirm && (await terminal.confirm('Apply these changes?'))));
    if (confirmed) await setup.apply();
    if (json) terminal.out(jsonLine({ changes, applied: confirmed }));
    else terminal.out(confirmed ? 'Done.' : pending ? 'Nothing was written.' : 'Nothing to do.');
    return pending && !confirmed ? exits.undone : exits.ok;
  },
});

async function openSetup(
  file: string | undefined,
  name: string | undefined,
  registry: Registry,
): Promise<DestinationSetup> {
  const loaded = await loadConfiguration(file, registry, process.env);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const configured = loaded.configuration.destinations.find((destination) => destination.name === name);
  if (configured === undefined) {
    const names = loaded.configuration.destinations.map((destination) => destination.name).join(', ');
    if (name === undefined) throw wrongArguments('setup', `missing NAME: one of ${names}`);
    throw new ConnectorError('not_found', `no destination ${name}: the configuration has ${names}`);
  }
  const services = { now: Date.now, log: standardErrorLogger(), meter: { add() {} } };
  const setup = configured.setup(destinationContext(configured, loaded.configuration, services).context);
  if (setup === undefined) {
    throw new ConnectorError(noSetup, `a destination of type ${configured.definition.type} needs no setup`);
  }
  return setup;
}

function changeText({ kind, name, diff }: SetupChange): string {
  return [`${kind} ${escapeControls(name)}`, ...diff.map((line) => `  ${escapeControls(line)}`)].join('\n');
}
