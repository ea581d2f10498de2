// `xiq-siem simulate`: runs the simulator that stands in tools/, a program of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import type { Command } from './command.ts';

const simulator = fileURLToPath(new URL('../../../tools/simulator/src/main.ts', import.meta.url));

export const simulateCommand: Command = {
  // The simulator answers --help itself.
  help: () => undefined,
  async run(_, args) {
    if (!existsSync(simulator)) {
      throw new ConnectorError('usage', 'the simulator is part of the source tree, which is not here');
    }
    const child = spawn(process.execPath, [simulator, ...args], { stdio: 'inherit' });
    // Ctrl-C reaches the whole terminal group; the simulator ends on its own and prints its summary.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => resolve(code ?? exitCodes.internal));
    });
  },
};
