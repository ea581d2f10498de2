// `xiq-siem setup NAME`: prepares a destination's other side, after it has shown what it would change.
import { createInterface } from 'node:readline/promises';
import { ConnectorError, type DestinationSetup, exitCodes, type SetupChange } from '@xiq-siem/core';
import { configurationError, loadConfiguration } from '../config/load.ts';
import { createCounters } from '../counters.ts';
import { escapeControls, standardErrorLogger } from '../log.ts';
import { destinationContext } from '../plugins.ts';
import { registry } from '../registry.ts';
import { configFile, configOption, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

/** Something is to be done, and `--dry-run` did not do it. */
const somethingToDo = 2;

export const setupCommand: Command = {
  name: 'setup',
  summary: 'Prepare a destination: templates and what else it needs',
  help: `Usage: xiq-siem setup NAME [--config FILE] [--dry-run] [--yes] [--json]

Prepare the other side of destination NAME (for elasticsearch: component templates, the index template, and the ingest
pipeline where it is configured). What would change is shown first, and nothing is written before you agree.

  -c, --config FILE   the configuration (default: $XIQ_SIEM_CONFIG)
      --dry-run       show what would change, write nothing
      --yes           do not ask
      --json          { changes: [{ kind, name, diff }], applied }

Exit codes: 0 done, or nothing to do; 2 something to do (--dry-run, or not agreed); 64 wrong arguments;
69 the destination cannot be reached or refuses; 78 the configuration is at fault.`,
  async run(args) {
    const options = {
      ...configOption,
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
    } as const;
    const { values, positionals } = parseArguments('setup', args, options, 1);
    const setup = await openSetup(configFile(values), positionals[0] ?? '');
    const changes = await setup.plan();
    const open = changes.some(({ kind }) => kind !== 'unchanged');
    if (values.json !== true) console.log(changes.map(shown).join('\n'));
    const agreed = open && values['dry-run'] !== true && (values.yes === true || (await agree(values.json === true)));
    if (agreed) await setup.apply();
    if (values.json === true) console.log(JSON.stringify({ changes, applied: agreed }));
    else console.log(agreed ? 'Done.' : open ? 'Nothing was written.' : 'Nothing to do.');
    return open && !agreed ? somethingToDo : exitCodes.ok;
  },
};

async function openSetup(file: string | undefined, name: string): Promise<DestinationSetup> {
  const loaded = await loadConfiguration(file, registry);
  if (!loaded.ok) throw configurationError(loaded.faults);
  const configured = loaded.configuration.destinations.find((destination) => destination.name === name);
  if (configured === undefined) {
    const names = loaded.configuration.destinations.map((destination) => destination.name).join(', ');
    throw new ConnectorError('usage', `there is no destination ${name}: the configuration has ${names}`);
  }
  const services = { now: Date.now, log: standardErrorLogger(), meter: createCounters() };
  const setup = configured.setup(destinationContext(configured, loaded.configuration, services).context);
  if (setup === undefined) {
    throw new ConnectorError('usage', `a destination of type ${configured.definition.type} needs no preparation`);
  }
  return setup;
}

function shown({ kind, name, diff }: SetupChange): string {
  return [`${kind} ${name}`, ...diff.map((line) => `  ${escapeControls(line)}`)].join('\n');
}

/** Without a terminal nobody can agree. */
async function agree(quiet: boolean): Promise<boolean> {
  if (quiet || !process.stdin.isTTY || !process.stdout.isTTY) return false;
  using lines = createInterface({ input: process.stdin, output: process.stdout });
  return /^y(es)?$/i.test(await lines.question('Write this? [y/N] '));
}
