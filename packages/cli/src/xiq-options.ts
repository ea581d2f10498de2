// Options of commands that read the logs of ExtremeCloud IQ.
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from './arguments.ts';

export const typesOption = {
  types: { type: 'string', value: 'A,B', help: 'message types (default: the subscribed types)' },
  source: { type: 'string', value: 'NAME', help: 'the source, if several have an api' },
} as const satisfies CommandOptions;

const most = 16;

/** `AUDIT` is short for `AUDIT_LOG_ALL`. */
export function typeNames(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim().toUpperCase()]));
  if (names.length === 0 || names.length > most || names.some((name) => !/^[A-Z][A-Z0-9_]{0,63}$/.test(name))) {
    throw new ConnectorError(
      'usage',
      `--types ${JSON.stringify(text)}: expected names such as AUDIT_LOG_ALL, separated by commas`,
    );
  }
  return names.map((name) => (name.includes('_') ? name : `${name}_LOG_ALL`));
}
