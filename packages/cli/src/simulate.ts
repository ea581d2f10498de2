// `xiq-siem simulate`: runs the simulator of tools/ as a child process.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import type { Command } from './command.ts';

const simulator = fileURLToPath(new URL('../../../tools/simulator/src/main.ts', import.meta.url));
const simulatorMissing = { code: 'simulator_missing', exitCode: exitCodes.unavailable } as const;

export const simulateCommand: Command = {
  // The simulator prints its own help.
  help: () => undefined,
  run: runSimulator,
};

async function runSimulator(_: string, args: readonly string[]): Promise<number> {
  if (!existsSync(simulator)) {
    throw new ConnectorError(simulatorMissing, `no simulator at ${simulator}: run this from the source tree`);
  }
  const child = spawn(process.execPath, [simulator, ...args], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both processes; the simulator prints its summary and ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? exitCodes.internal));
  });
}
