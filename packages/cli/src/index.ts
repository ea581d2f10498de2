// The command line: all commands but `serve`.
export { configFile } from './arguments.ts';
export type { Command, JsonForm, JsonResponse, Product } from './command.ts';
export type { CommandEntry } from './commands.ts';
export { commands } from './commands.ts';
export { defineCommand } from './define-command.ts';
export { type ExitName, exitMeanings, exits } from './exit-codes.ts';
export { type HelpParts, renderHelp } from './help.ts';
export { createLogger, standardErrorLogger } from './log/log.ts';
export { runCommand } from './run-command.ts';
export { processSession } from './session.ts';
export { printable } from './terminal/printable.ts';
export { textWidth } from './terminal/text-width.ts';
