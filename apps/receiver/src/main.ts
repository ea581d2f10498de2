// Entry point of the xiq-siem command: runs a command and sets the exit code.

import type { Product } from '@xiq-siem/cli';
import { exits, processSession, runCommand } from '@xiq-siem/cli';
import { ConnectorError } from '@xiq-siem/core';
import { allCommands } from './commands.ts';
import { recommendedNode, version } from './version.ts';

// An internal error ends the process. Bodies with a 202 response are on disk, and a supervisor restarts the process.
function fail(cause: unknown): never {
  console.error(cause instanceof ConnectorError ? cause.message : cause);
  process.exit(cause instanceof ConnectorError ? cause.exitCode : exits.internal);
}

const product: Product = {
  version,
  recommendedNode,
  registry: async () => (await import('./registry.ts')).registry,
};

process.on('uncaughtException', fail);
try {
  process.exitCode = await runCommand(process.argv.slice(2), processSession(product), allCommands);
} catch (cause) {
  fail(cause);
}
