// `xiq-siem validate`: every fault of a configuration, or that there is none.

import { advise, formatFault, loadConfiguration, secretFaults } from '@xiq-siem/config';
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';
import { configFile } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { jsonLine, printable } from './terminal/printable.ts';

const fault = z.strictObject({
  file: z.string(),
  line: z.int().optional().describe('From 1; absent where the fault has no place in the file.'),
  column: z.int().optional(),
  field: z.string().describe('`sources.xiq.secrets[0]`; empty for the file as a whole.'),
  message: z.string(),
});

export const validateCommand = defineCommand({
  text: 'Check a configuration: every fault with file, line, column, field and what was expected. Nothing is started and nothing is written.',
  exits: { ok: 'it can be started', config: 'it has faults' },
  json: {
    schema: z.strictObject({
      ok: z.boolean(),
      faults: z.array(fault),
      advice: z.array(z.string()).describe('What is no fault and could be better.'),
    }),
  },
  async run({ values, terminal, session }) {
    const file = configFile(values);
    const loaded = await loadConfiguration(file, await session.product.registry(), process.env);
    const faults = loaded.ok ? secretFaults(loaded.configuration) : loaded.faults;
    const advice = loaded.ok ? advise(loaded.configuration) : [];
    const ok = faults.length === 0;
    if (values.json === true) terminal.out(jsonLine({ ok, faults, advice }));
    else {
      for (const found of faults) terminal.err(printable(formatFault(found)));
      for (const text of advice) terminal.out(printable(`advice: ${text}`));
      if (ok) terminal.out(`${file ?? 'The default configuration'} is valid.`);
    }
    return ok ? exitCodes.ok : exitCodes.config;
  },
});
