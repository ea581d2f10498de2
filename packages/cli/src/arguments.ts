// Parses the arguments of a command strictly, and reports what is wrong with them.
import { parseArgs } from 'node:util';
import { ConnectorError } from '@xiq-siem/core';

/** An option, and its text in `--help`. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** The name of its value in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

export type Parsed<Options extends CommandOptions> = ReturnType<
  typeof parseArgs<{ options: Options; args: string[]; strict: true; allowPositionals: true }>
>;

/** Least and greatest number of positional arguments. */
export type PositionalCount = readonly [least: number, most: number];

interface Shape {
  /** Of the command. */
  readonly name: string;
  /** Its positional arguments: `NAME`. */
  readonly usage?: string | undefined;
  readonly positionals?: PositionalCount | undefined;
}

export const wrongArguments = (command: string, message: string): ConnectorError =>
  new ConnectorError('usage', `${message}\nSee: xiq-siem ${command} --help`);

/** @throws ConnectorError `usage` (exit 64): the wrong argument, and the command that shows the help. */
export function parseArguments<const Options extends CommandOptions>(
  { name, usage = 'an argument', positionals: [least, most] = [0, 0] }: Shape,
  args: readonly string[],
  options: Options,
): Parsed<Options> {
  let parsed: Parsed<Options>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (cause) {
    throw wrongArguments(name, cause instanceof Error ? firstSentence(cause.message) : String(cause));
  }
  const { positionals } = parsed;
  if (positionals.length < least) throw wrongArguments(name, `missing ${usage}`);
  if (positionals.length > most) throw wrongArguments(name, `unexpected argument ${JSON.stringify(positionals[most])}`);
  return parsed;
}

/** Node adds advice about `--` that fits no command here. */
const firstSentence = (message: string): string => message.split('. To specify')[0] ?? message;

/**
 * A whole number in an option or in a positional argument.
 * @throws ConnectorError `usage`.
 */
export function wholeNumber(name: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const bound = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new ConnectorError('usage', `${name} ${JSON.stringify(text)}: expected a whole number ${bound}`);
}

/** The configuration file of a command: `--config`, else XIQ_SIEM_CONFIG; undefined for the built-in defaults. */
export function configFile(values: { readonly config?: string | undefined }): string | undefined {
  const named = values.config ?? process.env['XIQ_SIEM_CONFIG'];
  return named === '' ? undefined : named;
}
