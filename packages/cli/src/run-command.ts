// Finds the command that is meant and runs it; every failure becomes words and an exit code.
import { ConnectorError, escapeControls } from '@xiq-siem/core';
import type { Session } from './command.ts';
import { type CommandEntry, commands as ownCommands } from './commands.ts';
import { exits } from './exit-codes.ts';
import { hanging, renderHelp } from './help.ts';

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help';

/** Resolves with the exit code. A fault of ours rejects. */
export async function runCommand(
  message: readonly string[],
  session: Session,
  commands: readonly CommandEntry[] = ownCommands,
): Promise<number> {
  const { terminal } = session;
  try {
    return await run(message, session, commands);
  } catch (cause) {
    terminal.progress('');
    // What an answer says that Ctrl-C cut short says nothing.
    if (terminal.interrupted().aborted) return exits.interrupted;
    if (!(cause instanceof ConnectorError)) throw cause;
    terminal.err(escapeControls(cause.message));
    return cause.exitCode;
  }
}

async function run(
  [name, ...rest]: readonly string[],
  session: Session,
  commands: readonly CommandEntry[],
): Promise<number> {
  const { terminal } = session;
  if (name === undefined || isHelp(name)) {
    terminal.out(overview(commands, commands));
    return name === undefined ? exits.usage : exits.ok;
  }
  const group = commands.filter((entry) => entry.name === name || entry.name.startsWith(`${name} `));
  const [verb] = rest;
  const named = group.find((entry) => entry.name === name || entry.name === `${name} ${verb}`);
  if (named !== undefined) return runEntry(named, named.name === name ? rest : rest.slice(1), session);
  if (group.length > 0 && isHelp(verb)) {
    terminal.out(overview(group, commands));
    return exits.ok;
  }
  const list = group.find((entry) => entry.name === `${name} list`);
  if (list !== undefined && (verb === undefined || verb.startsWith('-'))) return runEntry(list, rest, session);
  const meant = group.length > 0 ? [name, verb ?? ''].join(' ').trim() : name;
  throw new ConnectorError(
    'usage',
    `there is no command ${meant}\n\n${overview(group.length > 0 ? group : commands, commands)}`,
  );
}

async function runEntry(entry: CommandEntry, args: readonly string[], session: Session): Promise<number> {
  const command = await entry.load();
  const ownEnd = args.indexOf('--');
  const own = ownEnd < 0 ? args : args.slice(0, ownEnd);
  const help = own.some((word) => word === '--help' || word === '-h') ? command.help(entry.name) : undefined;
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
  const word = entries.length < commands.length && first !== undefined ? first.name.split(' ')[0] : '<command>';
  return [`Usage: xiq-siem ${word} [options]`, ...blocks, 'xiq-siem <command> --help says more of one.'].join('\n\n');
}
