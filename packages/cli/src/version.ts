// `xiq-siem version`: prints the versions of the connector and of Node.
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';
import { defineCommand } from './define-command.ts';
import { jsonLine } from './terminal/printable.ts';

export const versionCommand = defineCommand({
  text: 'Print the versions of the connector and of Node.',
  config: false,
  exits: { ok: 'printed' },
  json: {
    schema: z.strictObject({
      version: z.string(),
      node: z.string(),
      recommendedNode: z.string().describe('Older versions work, but lack security fixes.'),
    }),
  },
  async run({ values, terminal, session }) {
    const { version, recommendedNode } = session.product;
    const response = { version, node: process.versions.node, recommendedNode };
    if (values.json === true) terminal.out(jsonLine(response));
    else terminal.out(`xiq-siem-connector ${version} (Node ${response.node})`);
    return exitCodes.ok;
  },
});
