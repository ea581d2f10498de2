// For crash tests: runs the test program in a new process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface RunningOperations {
  readonly pid: number;
  /** The complete lines that it printed. */
  output(): string;
  /** Resolves when it has printed so many lines. Rejects if it ends before. */
  reached(lines: number): Promise<void>;
  /** Resolves with its output. */
  kill(): Promise<string>;
  /** Resolves when it has ended, with its output and errors. */
  readonly ended: Promise<{ readonly output: string; readonly errors: string }>;
}

interface RunOptions {
  readonly syncs?: 'without-syncs';
  readonly tracer?: readonly string[];
}

export function runOperations(
  directory: string,
  session: number,
  { syncs, tracer = [] }: RunOptions = {},
): RunningOperations {
  const program = fileURLToPath(new URL('./operations.ts', import.meta.url));
  const given = [program, directory, `${session}`, ...(syncs === undefined ? [] : [syncs])];
  const [command = '', ...words] = [...tracer, process.execPath, ...given];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let lines = 0;
  let wanted = { lines: Number.POSITIVE_INFINITY, resolve: () => {}, reject: (_: Error) => {} };
  const whole = (): string => output.slice(0, output.lastIndexOf('\n') + 1);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= wanted.lines) wanted.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let isEnded = false;
  const ended = once(child, 'close').then(() => {
    isEnded = true;
    wanted.reject(new Error(`the program ended: ${errors}`));
    return { output: whole(), errors };
  });
  return {
    pid: child.pid ?? 0,
    ended,
    output: whole,
    reached(most) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      wanted = { lines: most, resolve, reject };
      if (lines >= most) resolve();
      else if (isEnded) reject(new Error(`the program ended: ${errors}`));
      return promise;
    },
    async kill() {
      child.kill('SIGKILL');
      return (await ended).output;
    },
  };
}
