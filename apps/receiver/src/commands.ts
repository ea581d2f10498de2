// Every command of the product: `serve`, and what the command line package brings.
import { type CommandEntry, commands } from '@xiq-siem/cli';

const serve: CommandEntry = {
  name: 'serve',
  group: 'Run',
  summary: 'Take webhooks and deliver them',
  load: async () => (await import('./serve.ts')).serveCommand,
};

export const allCommands: readonly CommandEntry[] = [serve, ...commands];
