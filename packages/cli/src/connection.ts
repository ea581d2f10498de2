// Opens the connector or a snapshot of its files for a command, runs the command's work, and closes it.
import type { Operations } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { configFile } from './arguments.ts';
import type { Purpose, Session } from './command.ts';
import { exits } from './exit-codes.ts';
import { jsonLine, printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface Output {
  /** Writes lines to standard output; nothing with `--json`. */
  print(lines: string | readonly string[]): void;
  /** Writes one JSON line to standard output; nothing without `--json`. */
  printJson(response: unknown): void;
}

export function output(terminal: Terminal, json: boolean): Output {
  function printLines(lines: string | readonly string[]): void {
    if (!json) terminal.out([lines].flat().join('\n'));
  }
  function printJsonLine(response: unknown): void {
    if (json) terminal.out(jsonLine(response));
  }
  return { print: printLines, printJson: printJsonLine };
}

export interface Connection extends Output {
  readonly operations: Operations;
  readonly snapshot: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export interface CommonValues {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
  readonly data?: string | undefined;
}

export interface ConnectOptions {
  readonly purpose: Purpose;
  readonly allowInvalidConfiguration: boolean;
  /** A snapshot is announced in the last line instead of the first. */
  readonly announcesLast: boolean;
}

/** Resolves with the exit code of `work`. */
export async function connect(
  values: CommonValues,
  { terminal, open }: Session,
  { purpose, allowInvalidConfiguration, announcesLast }: ConnectOptions,
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  const json = values.json === true;
  const signal = terminal.interrupted();
  const options = { config: configFile(values), data: values.data, allowInvalidConfiguration };
  const { operations, snapshot, dataDirectory, notice, close } = await open(options, purpose);
  if (notice !== undefined) terminal.err(printable(notice));
  const announceSnapshot = (): void => {
    if (!snapshot) return;
    const line = `snapshot of a stopped connector (${printable(dataDirectory)}): read from its files, nothing is changed`;
    if (json) terminal.err(line);
    else terminal.out(line);
  };
  if (!announcesLast) announceSnapshot();
  try {
    const code = await work({ operations, snapshot, json, signal, ...output(terminal, json) });
    if (announcesLast) announceSnapshot();
    return code;
  } finally {
    await close();
  }
}

/**
 * The exit code of a stream that ended without its last line because of Ctrl-C.
 * @throws ConnectorError `connector_unreachable` if there was no Ctrl-C.
 */
export function endedEarly(signal: AbortSignal): number {
  if (signal.aborted) return exits.interrupted;
  throw new ConnectorError('connector_unreachable', 'the connector ended its response too early: run xiq-siem status');
}
