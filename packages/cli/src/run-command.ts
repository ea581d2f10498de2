// Finds and runs a command; every expected failure becomes a message and an exit code.
import { ConnectorError, escapeControls } from '@xiq-siem/core';
import type { Session } from './command.ts';
import { type CommandEntry, commands as ownCommands } from './commands.ts';
import { exits } from './exit-codes.ts';
import { hanging, renderHelp } from './help.ts';

/** Former names of commands, kept for one release. */
const renamed = new Map([['shapes', 'unmapped']]);

const isHelp = (arg: string | undefined): boolean => arg === '--help' || arg === '-h' || arg === 'help';

/** Resolves with the exit code. An internal error rejects. */
export async function runCommand(
  args: readonly string[],
  session: Session,
  commands: readonly CommandEntry[] = ownCommands,
): Promise<number> {
  const { terminal } = session;
  try {
    return await runTypedCommand(args, session, commands);
  } catch (cause) {
    terminal.progress('');
    // After Ctrl-C the error only says that the request was aborted.
    if (terminal.interrupted().aborted) return exits.interrupted;
    if (!(cause instanceof ConnectorError)) throw cause;
    terminal.err(escapeControls(cause.message));
    return cause.exitCode;
  }
}

async function runTypedCommand(
  [typed, ...rest]: readonly string[],
  session: Session,
  commands: readonly CommandEntry[],
): Promise<number> {
  const { terminal } = session;
  if (typed === undefined || isHelp(typed)) {
    terminal.out(overview(commands, commands));
    return typed === undefined ? exits.usage : exits.ok;
  }
  const name = renamed.get(typed) ?? typed;
  if (name !== typed) terminal.err(`The command ${typed} was renamed: use xiq-siem ${name}.`);
  const group = commands.filter((entry) => entry.name === name || entry.name.startsWith(`${name} `));
  const [verb] = rest;
  const entry = group.find((one) => one.name === name || one.name === `${name} ${verb}`);
  if (entry !== undefined) return runEntry(entry, entry.name === name ? rest : rest.slice(1), session);
  if (group.length > 0 && isHelp(verb)) {
    terminal.out(overview(group, commands));
    return exits.ok;
  }
  const list = group.find((one) => one.name === `${name} list`);
  if (list !== undefined && (verb === undefined || verb.startsWith('-'))) return runEntry(list, rest, session);
  const unknown = group.length > 0 ? [name, verb ?? ''].join(' ').trim() : name;
  throw new ConnectorError(
    'usage',
    `unknown command: ${unknown}\n\n${overview(group.length > 0 ? group : commands, commands)}`,
  );
}

async function runEntry(entry: CommandEntry, args: readonly string[], session: Session): Promise<number> {
  const command = await entry.load();
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  const help = options.some((arg) => arg === '--help' || arg === '-h') ? command.help(entry.name) : undefined;
  if (help === undefined) return command.run(entry.name, args, session);
  session.terminal.out(renderHelp(help));
  return exits.ok;
}

function overview(entries: readonly CommandEntry[], commands: readonly CommandEntry[]): string {
  const groups = Map.groupBy(entries, ({ group }) => group);
  const width = Math.max(...entries.map(({ name }) => name.length));
  const blocks = [...groups].map(([group, members]) =>
    [`${group}:`, ...hanging(members.map(({ name, summary }) => [name.padEnd(width), summary]))].join('\n'),
  );
  const [first] = entries;
  const command = entries.length < commands.length && first !== undefined ? first.name.split(' ')[0] : '<command>';
  return [`Usage: xiq-siem ${command} [options]`, ...blocks, 'Run xiq-siem <command> --help for details.'].join('\n\n');
}
