// Arguments of a command: parsed strictly, with one fault's message for a wrong one.
import { parseArgs } from 'node:util';
import { ConnectorError } from '@xiq-siem/core';

/** An option, and what its line in `--help` says. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for its value in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

export type Parsed<Options extends CommandOptions> = ReturnType<
  typeof parseArgs<{ options: Options; args: string[]; strict: true; allowPositionals: true }>
>;

/** How many words beside the options there are, from and to. */
export type WordCount = readonly [least: number, most: number];

interface Shape {
  /** Of the command. */
  readonly name: string;
  /** What stands beside the options: `NAME`. */
  readonly usage?: string | undefined;
  readonly message?: WordCount | undefined;
}

export const wrongArguments = (command: string, message: string): ConnectorError =>
  new ConnectorError('usage', `${message}\nSee: xiq-siem ${command} --help`);

/** @throws ConnectorError `usage` (exit 64) that names the wrong argument and where help is. */
export function parseArguments<const Options extends CommandOptions>(
  { name, usage = 'an argument', message: [least, most] = [0, 0] }: Shape,
  args: readonly string[],
  options: Options,
): Parsed<Options> {
  let parsed: Parsed<Options>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (cause) {
    throw wrongArguments(name, cause instanceof Error ? cause.message : String(cause));
  }
  const { positionals } = parsed;
  if (positionals.length < least) throw wrongArguments(name, `missing ${usage}`);
  if (positionals.length > most) throw wrongArguments(name, `unexpected argument ${JSON.stringify(positionals[most])}`);
  return parsed;
}

/**
 * A whole number of an option or a word.
 * @throws ConnectorError `usage`.
 */
export function wholeNumber(name: string, text: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const bound = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new ConnectorError('usage', `${name} ${JSON.stringify(text)}: expected a whole number ${bound}`);
}

/** The configuration file that a command works on: `--config`, else XIQ_SIEM_CONFIG, else none (the defaults). */
export function configFile(values: { readonly config?: string | undefined }): string | undefined {
  const named = values.config ?? process.env['XIQ_SIEM_CONFIG'];
  return named === '' ? undefined : named;
}
