// Defines a command: its help, its arguments and its work. Its name is in the table of commands.
import { type CommandOptions, type Parsed, type PositionalCount, parseArguments, wrongArguments } from './arguments.ts';
import type { Command, JsonResponse, Purpose, Session } from './command.ts';
import { type Connection, connect } from './connection.ts';
import type { ExitName } from './exit-codes.ts';
import type { Terminal } from './terminal/terminal.ts';

const helpOption = { help: { type: 'boolean', short: 'h', help: 'show this help' } } as const;
const configOption = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    help: 'configuration file (default: $XIQ_SIEM_CONFIG)',
  },
} as const;
const jsonOption = { json: { type: 'boolean', help: 'print JSON (see the command reference)' } } as const;
const dataOption = {
  data: { type: 'string', value: 'DIR', help: 'data directory; overrides the configuration' },
} as const;
const commonOptions = {
  ...jsonOption,
  ...configOption,
  ...dataOption,
  ...helpOption,
} as const satisfies CommandOptions;

export interface Call<Options extends CommandOptions> {
  readonly values: Parsed<Options & typeof commonOptions>['values'];
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  readonly session: Session;
  /** Runs `work` against the connector; `purpose` if it is not the command's own. */
  connect(work: (connection: Connection) => Promise<number>, purpose?: Purpose): Promise<number>;
}

interface CommandParts<Options extends CommandOptions> {
  /** Paragraphs of the help; a line that begins with a space is not wrapped. */
  readonly text: string;
  /** Positional arguments in the usage line: `NAME`. */
  readonly usage?: string;
  /** How many positional arguments it takes; default: none. */
  readonly positionals?: PositionalCount;
  /** Its own options; `--json` (if it has a form), `--config` and `--help` are added. */
  readonly options: Options;
  /** False for a command that reads no configuration. */
  readonly config?: false;
  /** Set if it calls the connector. */
  readonly connector?: Purpose;
  /** It works with an invalid configuration and a stopped connector: the data directory is enough. */
  readonly allowInvalidConfiguration?: true;
  /** Its first line is the result: a snapshot is announced in the last line. */
  readonly announcesLast?: true;
  /** Texts of exit codes, beside or instead of the usual ones. */
  readonly exits: Partial<Record<ExitName, string>>;
  readonly json?: JsonResponse;
  run(call: Call<Options>): Promise<number>;
}

const connectorExits = {
  reads: {
    unavailable: 'the connector does not respond',
    io: 'files of the stopped connector cannot be read',
    interrupted: 'Ctrl-C',
  },
  changes: { unavailable: 'the connector does not run or does not respond', interrupted: 'Ctrl-C' },
} as const;

type WithoutOptions = Omit<CommandParts<Record<never, never>>, 'options'>;

export function defineCommand<const Options extends CommandOptions>(parts: CommandParts<Options>): Command;
export function defineCommand(parts: WithoutOptions): Command;
export function defineCommand(parts: CommandParts<CommandOptions> | WithoutOptions): Command {
  const { text, usage, positionals: count, config, connector, json } = parts;
  const allowInvalidConfiguration = parts.allowInvalidConfiguration === true;
  const announcesLast = parts.announcesLast === true;
  const ownOptions: CommandOptions = 'options' in parts ? parts.options : {};
  const options: CommandOptions = {
    ...ownOptions,
    ...(json && jsonOption),
    ...(config !== false && configOption),
    ...(connector && dataOption),
    ...helpOption,
  };
  const exitTexts: Partial<Record<ExitName, string>> = {
    usage: 'wrong arguments',
    ...(config !== false && { config: 'the configuration is invalid' }),
    ...(connector && connectorExits[connector]),
    ...parts.exits,
  };
  function runDefinedCommand(name: string, args: readonly string[], session: Session): Promise<number> {
    const shape = { name, usage, positionals: count };
    const { values, positionals } = parseArguments(shape, args, { ...ownOptions, ...commonOptions });
    const unknown = Object.keys(values).find((option) => !(option in options));
    if (unknown !== undefined) throw wrongArguments(name, `Unknown option '--${unknown}'`);
    if (values.data === '') throw wrongArguments(name, '--data needs a directory');
    return parts.run({
      values,
      positionals,
      terminal: session.terminal,
      session,
      connect: (work, purpose = connector ?? 'reads') =>
        connect(values, session, { purpose, allowInvalidConfiguration, announcesLast }, work),
    });
  }
  return {
    help: (name) => ({ name, usage, text, options, exits: exitTexts }),
    json,
    run: runDefinedCommand,
  };
}
