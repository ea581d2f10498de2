// For tests: runs a command in a pseudo-terminal (util-linux `script`) and returns its output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TemporaryDirectory } from './connector-process.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface InTerminal {
  /** All bytes that the terminal received so far. */
  written(): string;
  /** Sends Ctrl-C. */
  interrupt(): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<unknown>;
}

/** `message`: arguments separated by spaces, without shell syntax. */
export function startInTerminal(
  { directory, configFile }: TemporaryDirectory,
  message: string,
  columns: number,
  env: Readonly<Record<string, string>> = {},
): InTerminal {
  const command = `stty rows 24 cols ${columns} -echo; exec '${process.execPath}' '${main}' ${message} --config '${configFile}'`;
  const { PATH, HOME } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: directory,
    env: { PATH, HOME, SHELL: '/bin/sh', TERM: 'xterm-256color', ...env },
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  return {
    written: () => written,
    interrupt: () => void child.stdin.write('\u0003'),
    ended: once(child, 'close').then(([code]: unknown[]) => code),
  };
}
