// For tests: runs a process under strace, which makes selected system calls fail, do nothing, or kill the process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AtEnd } from './real-disk.ts';

/**
 * A tracer for `startProcess` that applies an `-e inject=` expression to every thread of node. Calls are counted thread by
 * thread: with one thread for all file operations, `when=N` is the N-th of the process.
 */
export function injecting(expression: string): readonly string[] {
  const [calls = ''] = expression.split(':');
  const threads = ['-E', 'UV_THREADPOOL_SIZE=1'];
  // -D makes strace the grandchild and node the child. The faster --seccomp-bpf loses injected signals.
  return [
    'strace',
    '-D',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    ...threads,
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${expression}`,
  ];
}

/** Applies an `-e inject=` expression to a running process's calls on `path`. Resolves when strace is attached. */
export async function injectInto(pid: number, path: string, expression: string, atEnd: AtEnd): Promise<void> {
  const args = ['-f', '-p', String(pid), '-P', path, '-o', '/dev/null', '-e', `inject=${expression}`];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'exit');
  atEnd(async () => {
    tracer.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for await (const text of tracer.stderr.setEncoding('utf8')) {
    output += String(text);
    if (output.includes(`Process ${pid} attached`)) break;
  }
  if (!output.includes('attached')) throw new Error(`strace did not attach: ${output}`);
}
