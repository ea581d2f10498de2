// `xiq-siem validate`: checks a configuration and reports every error.

import { advise, environmentFaults, formatFault, loadConfiguration } from '@xiq-siem/config';
import { exitCodes } from '@xiq-siem/core';
import { z } from 'zod';
import { configFile } from './arguments.ts';
import { defineCommand } from './define-command.ts';
import { jsonLine, printable } from './terminal/printable.ts';

const fault = z.strictObject({
  file: z.string(),
  line: z.int().optional().describe('From 1; absent if the error has no position in the file.'),
  column: z.int().optional(),
  field: z.string().describe('`sources.xiq.secrets[0]`; empty for the whole file.'),
  message: z.string(),
});

export const validateCommand = defineCommand({
  text: 'Check a configuration and report every error with its file, line, column, field and the expected value. Nothing is started or written.',
  exits: { ok: 'valid', config: 'invalid' },
  json: {
    schema: z.strictObject({
      ok: z.boolean(),
      faults: z.array(fault),
      advice: z.array(z.string()).describe('Recommendations; not errors.'),
    }),
  },
  async run({ values, terminal, session }) {
    const file = configFile(values);
    const loaded = await loadConfiguration(file, await session.product.registry(), process.env);
    const faults = loaded.ok ? environmentFaults(loaded.configuration) : loaded.faults;
    const advice = loaded.ok ? advise(loaded.configuration) : [];
    const ok = faults.length === 0;
    if (values.json === true) terminal.out(jsonLine({ ok, faults, advice }));
    else {
      for (const found of faults) terminal.err(printable(formatFault(found)));
      for (const text of advice) terminal.out(printable(`advice: ${text}`));
      if (ok) terminal.out(`${file ?? 'The built-in configuration'} is valid.`);
    }
    return ok ? exitCodes.ok : exitCodes.config;
  },
});
