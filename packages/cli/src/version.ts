// `xiq-siem version`: what runs here.
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
      recommendedNode: z.string().describe('Older ones run; this one has the mends that matter.'),
    }),
  },
  async run({ values, terminal, session }) {
    const { version, recommendedNode } = session.product;
    const shown = { version, node: process.versions.node, recommendedNode };
    if (values.json === true) terminal.out(jsonLine(shown));
    else terminal.out(`xiq-siem-connector ${version} (Node ${shown.node})`);
    return exitCodes.ok;
  },
});
