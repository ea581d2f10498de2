// Arguments of a command: parsed strictly, with one fault's message for a wrong one.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConnectorError } from '@xiq-siem/core';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; args: string[]; strict: true; allowPositionals: true }>
>;

/**
 * `positionals`: how many words beside the options are expected.
 * @throws ConnectorError `usage` (exit 64) that names the wrong argument and where help is.
 */
export function parseArguments<T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
  positionals = 0,
): Parsed<T> {
  const wrong = (message: string) => new ConnectorError('usage', `${message}\nSee: xiq-siem ${command} --help`);
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
  const { length } = parsed.positionals;
  if (length !== positionals) throw wrong(`expected ${positionals} words beside the options, got ${length}`);
  return parsed;
}

/** The options that every command with a configuration has. */
export const configOption = { config: { type: 'string', short: 'c' }, help: { type: 'boolean', short: 'h' } } as const;

/** The configuration file that a command works on: `--config`, else XIQ_SIEM_CONFIG, else none (the defaults). */
export function configFile(values: { readonly config?: string | undefined }): string | undefined {
  const named = values.config ?? process.env['XIQ_SIEM_CONFIG'];
  return named === '' ? undefined : named;
}
