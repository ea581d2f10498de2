// For tests of crashes: the program in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface RunningOperations {
  /** What it has printed. */
  output(): string;
  /** Resolves when so many lines have come. */
  reached(lines: number): Promise<void>;
  /** Resolves with all that it printed. */
  kill(): Promise<string>;
}

export function runOperations(directory: string, session: number, syncs?: 'without-syncs'): RunningOperations {
  const program = fileURLToPath(new URL('./operations.ts', import.meta.url));
  const given = [program, directory, `${session}`, ...(syncs === undefined ? [] : [syncs])];
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let output = '';
  let errors = '';
  let lines = 0;
  let wanted = { lines: Number.POSITIVE_INFINITY, resolve: () => {}, reject: (_: Error) => {} };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= wanted.lines) wanted.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  void ended.then(() => wanted.reject(new Error(`the program ended: ${errors}`)));
  return {
    output: () => output,
    reached(most) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wanted = { lines: most, resolve, reject };
      if (lines >= most) resolve();
      return promise;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      return output.slice(0, output.lastIndexOf('\n') + 1);
    },
  };
}
