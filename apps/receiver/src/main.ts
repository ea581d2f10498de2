// The xiq-siem command: picks the command, and turns every failure into a message and an exit code.
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import type { Command } from './cli/command.ts';
import { destinationCommand } from './cli/destination.ts';
import { serveCommand } from './cli/serve.ts';
import { setupCommand } from './cli/setup.ts';
import { simulateCommand } from './cli/simulate.ts';
import { validateCommand } from './cli/validate.ts';
import { versionCommand } from './cli/version.ts';

const commands: readonly Command[] = [
  serveCommand,
  validateCommand,
  setupCommand,
  destinationCommand,
  simulateCommand,
  versionCommand,
];

const help = `Usage: xiq-siem <command> [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

  xiq-siem <command> --help says more of one.`;

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(help);
    return name === undefined ? exitCodes.usage : exitCodes.ok;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new ConnectorError('usage', `there is no command ${name}\n\n${help}`);
  if (command.help !== '' && (args.includes('--help') || args.includes('-h'))) {
    console.log(command.help);
    return exitCodes.ok;
  }
  return command.run(args);
}

function fail(cause: unknown): never {
  console.error(cause instanceof ConnectorError ? cause.message : cause);
  process.exit(cause instanceof ConnectorError ? cause.exitCode : exitCodes.internal);
}

// A fault of ours ends the process: what was answered 202 is on disk, and a supervisor starts us again.
process.on('uncaughtException', fail);
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (cause) {
  fail(cause);
}
