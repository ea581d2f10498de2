// `xiq-siem version`: what runs here.
import { exitCodes } from '@xiq-siem/core';
import { recommendedNode, version } from '../version.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the versions of the connector and of Node',
  help: `Usage: xiq-siem version [--json]

Print the versions of the connector and of Node.

  --json   as one JSON object`,
  async run(args) {
    const { values } = parseArguments('version', args, { json: { type: 'boolean' } });
    const shown = { version, node: process.versions.node, recommendedNode };
    if (values.json === true) console.log(JSON.stringify(shown));
    else console.log(`xiq-siem-connector ${version} (Node ${shown.node})`);
    return exitCodes.ok;
  },
};
