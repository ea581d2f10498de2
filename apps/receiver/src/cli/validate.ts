// `xiq-siem validate`: every fault of a configuration, or that there is none.
import { exitCodes } from '@xiq-siem/core';
import { advise } from '../config/advice.ts';
import { formatFault } from '../config/faults.ts';
import { loadConfiguration } from '../config/load.ts';
import { secretFaults } from '../config/secret-faults.ts';
import { registry } from '../registry.ts';
import { configFile, configOption, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const validateCommand: Command = {
  name: 'validate',
  summary: 'Check a configuration and print every fault with its place',
  help: `Usage: xiq-siem validate [--config FILE] [--json]

Check a configuration: every fault with file, line, column, field and what was expected.
Nothing is started and nothing is written.

  -c, --config FILE   the configuration (default: $XIQ_SIEM_CONFIG, else the built-in defaults)
      --json          { ok, faults: [{ file, line, column, field, message }], advice: [text] }

Exit codes: 0 it can be started, 78 it has faults, 64 wrong arguments.`,
  async run(args) {
    const { values } = parseArguments('validate', args, { ...configOption, json: { type: 'boolean' } });
    const file = configFile(values);
    const loaded = await loadConfiguration(file, registry);
    const faults = loaded.ok ? secretFaults(loaded.configuration) : loaded.faults;
    const advice = loaded.ok ? advise(loaded.configuration) : [];
    const ok = faults.length === 0;
    if (values.json === true) console.log(JSON.stringify({ ok, faults, advice }));
    else {
      for (const fault of faults) console.error(formatFault(fault));
      for (const text of advice) console.log(`advice: ${text}`);
      if (ok) console.log(`${file ?? 'The default configuration'} is valid.`);
    }
    return ok ? exitCodes.ok : exitCodes.config;
  },
};
