// `xiq-siem destination forget NAME`: ends a destination that was taken out of the configuration.
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import { postToConnector } from './admin-client.ts';
import { configFile, configOption, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const destinationCommand: Command = {
  name: 'destination',
  summary: 'Forget a destination that was taken out of the configuration',
  help: `Usage: xiq-siem destination forget NAME [--config FILE]

Forget destination NAME, which is no longer configured: its position is removed, and what it had not yet been sent
holds nothing in the journal any more. The connector has to run.

  -c, --config FILE   the configuration (default: $XIQ_SIEM_CONFIG)

Exit codes: 0 forgotten, 64 there is no such destination or it is still configured, 69 the connector does not run.`,
  async run(args) {
    const { values, positionals } = parseArguments('destination', args, configOption, 2);
    const [verb, name = ''] = positionals;
    if (verb !== 'forget') throw new ConnectorError('usage', `there is no destination ${verb}: see destination --help`);
    await postToConnector(configFile(values), `/api/v1/destinations/${encodeURIComponent(name)}/forget`);
    console.log(`Destination ${name} is forgotten.`);
    return exitCodes.ok;
  },
};
