// One question to the connector: opened, said if it is a snapshot, answered, closed.
import type { Operations } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { configFile } from './arguments.ts';
import type { Purpose, Session } from './command.ts';
import { exits } from './exit-codes.ts';
import { jsonLine, printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface Output {
  /** On standard output; with `--json`, nothing. */
  say(lines: string | readonly string[]): void;
  /** With `--json`, one line of it. */
  tell(response: unknown): void;
}

export const output = (terminal: Terminal, json: boolean): Output => ({
  say(lines) {
    if (!json) terminal.out([lines].flat().join('\n'));
  },
  tell(response) {
    if (json) terminal.out(jsonLine(response));
  },
});

export interface Asking extends Output {
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

/** Resolves with what `work` does: the exit code. Reading a stopped connector is said first. */
export async function ask(
  values: CommonValues,
  { terminal, open }: Session,
  purpose: Purpose,
  despiteFaults: boolean,
  work: (asking: Asking) => Promise<number>,
): Promise<number> {
  const json = values.json === true;
  const signal = terminal.interrupted();
  const options = { config: configFile(values), data: values.data, despiteFaults };
  const { operations, snapshot, dataDirectory, notice, close } = await open(options, purpose);
  if (notice !== undefined) terminal.err(printable(notice));
  if (snapshot) {
    const line = `snapshot of a stopped connector (${printable(dataDirectory)}): read from its files, nothing is changed`;
    if (json) terminal.err(line);
    else terminal.out(line);
  }
  try {
    return await work({ operations, snapshot, json, signal, ...output(terminal, json) });
  } finally {
    await close();
  }
}

/**
 * The exit code of a stream that ended without its last line: Ctrl-C.
 * @throws ConnectorError `not_running` where nobody interrupted it.
 */
export function cutShort(signal: AbortSignal): number {
  if (signal.aborted) return exits.interrupted;
  throw new ConnectorError('not_running', 'the connector ended its answer too early: see xiq-siem status');
}
