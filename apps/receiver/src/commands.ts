// All commands: `serve` and those of the cli package.
import { type CommandEntry, commands } from '@xiq-siem/cli';

const serve: CommandEntry = {
  name: 'serve',
  group: 'Run',
  summary: 'Receive webhooks and deliver them',
  load: async () => (await import('./serve.ts')).serveCommand,
};

export const allCommands: readonly CommandEntry[] = [serve, ...commands];
