// `xiq-siem version`: what runs here.
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';
import { type CommandOptions, parseArguments } from './arguments.ts';
import { type Command, helpOption, jsonOption } from './command.ts';
import { renderHelp } from './help.ts';
import { jsonLine } from './terminal/printable.ts';

const options = { ...jsonOption, ...helpOption } as const satisfies CommandOptions;

export const versionCommand: Command = {
  help: renderHelp({
    name: 'version',
    text: 'Print the versions of the connector and of Node.',
    options,
    exits: [
      [exitCodes.ok, 'printed'],
      [exitCodes.usage, 'wrong arguments'],
    ],
  }),
  json: {
    schema: z.strictObject({
      version: z.string(),
      node: z.string(),
      recommendedNode: z.string().describe('Older ones run; this one has the mends that matter.'),
    }),
  },
  async run(args, { terminal, product: { version, recommendedNode } }) {
    const { values } = parseArguments('version', args, options);
    const shown = { version, node: process.versions.node, recommendedNode };
    if (values.json === true) terminal.out(jsonLine(shown));
    else terminal.out(`xiq-siem-connector ${version} (Node ${shown.node})`);
    return exitCodes.ok;
  },
};
