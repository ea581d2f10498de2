// The table of all commands: `serve` and those of the command line package.
import { type CommandEntry, commands } from '@xiq-siem/cli';

const serve: CommandEntry = {
  name: 'serve',
  group: 'Run',
  summary: 'Receive webhooks and deliver them',
  load: async () => (await import('./serve.ts')).serveCommand,
};

export const allCommands: readonly CommandEntry[] = [serve, ...commands];
