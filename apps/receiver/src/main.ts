// The xiq-siem command: what it runs, and the exit code that it ends with.

import type { Product } from '@xiq-siem/cli';
import { exits, processSession, runCommand } from '@xiq-siem/cli';
import { ConnectorError } from '@xiq-siem/core';
import { allCommands } from './commands.ts';
import { recommendedNode, version } from './version.ts';

// A fault of ours ends the process: what was answered 202 is on disk, and a supervisor starts us again.
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
