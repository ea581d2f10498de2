// Defines a command: its help, its arguments and what it does. Its name stands in the table of commands alone.
import { type CommandOptions, type Parsed, parseArguments, type WordCount, wrongArguments } from './arguments.ts';
import { type Asking, ask } from './ask.ts';
import type { Command, JsonResponse, Purpose, Session } from './command.ts';
import type { ExitName } from './exit-codes.ts';
import type { Terminal } from './terminal/terminal.ts';

const helpOption = { help: { type: 'boolean', short: 'h', help: 'this text' } } as const;
const configOption = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    help: 'the configuration (default: $XIQ_SIEM_CONFIG, else the built-in defaults)',
  },
} as const;
const jsonOption = { json: { type: 'boolean', help: 'for scripts: as docs/reference/commands.md has it' } } as const;
const dataOption = {
  data: { type: 'string', value: 'DIR', help: 'use this data directory, whatever the configuration says' },
} as const;
const commonOptions = {
  ...jsonOption,
  ...configOption,
  ...dataOption,
  ...helpOption,
} as const satisfies CommandOptions;

export interface Call<Options extends CommandOptions> {
  readonly values: Parsed<Options & typeof commonOptions>['values'];
  /** What stands beside the options. */
  readonly message: readonly string[];
  readonly terminal: Terminal;
  readonly session: Session;
  /** Asks the connector; `purpose` where it is not the command's own. */
  ask(work: (asking: Asking) => Promise<number>, purpose?: Purpose): Promise<number>;
}

interface CommandParts<Options extends CommandOptions> {
  /** Paragraphs of the help; a line that begins with a space is kept as it is. */
  readonly text: string;
  /** What stands beside the options in the usage line: `NAME`. */
  readonly usage?: string;
  /** How many words there are beside the options; none where it is left out. */
  readonly message?: WordCount;
  /** Its own; `--json` (where it has a form), `--config` and `--help` come by themselves. */
  readonly options: Options;
  /** False for a command that reads no configuration. */
  readonly config?: false;
  /** Whether it asks a connector, and which: a stopped one will do, or it has to run. */
  readonly connector?: Purpose;
  /** It works with a configuration at fault: the data directory tells enough. */
  readonly despiteFaults?: true;
  /** What each exit code says, beside or instead of the usual ones. */
  readonly exits: Partial<Record<ExitName, string>>;
  readonly json?: JsonResponse;
  run(call: Call<Options>): Promise<number>;
}

const ofConnector = {
  reads: {
    unavailable: 'the connector does not answer',
    io: 'files of a stopped connector cannot be read',
    interrupted: 'Ctrl-C',
  },
  changes: { unavailable: 'the connector does not run', interrupted: 'Ctrl-C' },
} as const;

type WithoutOptions = Omit<CommandParts<Record<never, never>>, 'options'>;

export function defineCommand<const Options extends CommandOptions>(parts: CommandParts<Options>): Command;
export function defineCommand(parts: WithoutOptions): Command;
export function defineCommand(parts: CommandParts<CommandOptions> | WithoutOptions): Command {
  const { text, usage, message, config, connector, json, run } = parts;
  const despiteFaults = parts.despiteFaults === true;
  const own: CommandOptions = 'options' in parts ? parts.options : {};
  const shown: CommandOptions = {
    ...own,
    ...(json && jsonOption),
    ...(config !== false && configOption),
    ...(connector && dataOption),
    ...helpOption,
  };
  const said: Partial<Record<ExitName, string>> = {
    usage: 'wrong arguments',
    ...(config !== false && { config: 'the configuration is at fault' }),
    ...(connector && ofConnector[connector]),
    ...parts.exits,
  };
  return {
    help: (name) => ({ name, usage, text, options: shown, exits: said }),
    json,
    run(name, args, session) {
      const { values, positionals } = parseArguments({ name, usage, message }, args, { ...own, ...commonOptions });
      const unknown = Object.keys(values).find((option) => !(option in shown));
      if (unknown !== undefined) throw wrongArguments(name, `Unknown option '--${unknown}'`);
      if (values.data === '') throw wrongArguments(name, '--data needs a directory');
      const { terminal } = session;
      return run({
        values,
        message: positionals,
        terminal,
        session,
        ask: (work, purpose = connector ?? 'reads') => ask(values, session, purpose, despiteFaults, work),
      });
    },
  };
}
