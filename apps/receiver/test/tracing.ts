// For tests: the connector under strace, which makes chosen system calls fail, do nothing, or be the last.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AtEnd } from '@xiq-siem/testkit';

/**
 * A tracer for `startProcess` that applies an `-e inject=` expression to every thread of node. Calls are counted thread by
 * thread: with one thread for all file operations, `when=N` is the N-th of the process.
 */
export function injecting(expression: string): readonly string[] {
  const [calls = ''] = expression.split(':');
  const threads = ['-E', 'UV_THREADPOOL_SIZE=1'];
  // -D: strace is the grandchild, node the child. --seccomp-bpf, which is faster, loses injected signals.
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

/** Applies an `-e inject=` expression to a running process's calls that touch `path`; resolves when it is in force. */
export async function injectInto(pid: number, path: string, expression: string, atEnd: AtEnd): Promise<void> {
  const args = ['-f', '-p', String(pid), '-P', path, '-o', '/dev/null', '-e', `inject=${expression}`];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'exit');
  atEnd(async () => {
    tracer.kill('SIGKILL');
    await ended;
  });
  let said = '';
  for await (const text of tracer.stderr.setEncoding('utf8')) {
    said += String(text);
    if (said.includes(`Process ${pid} attached`)) break;
  }
  if (!said.includes('attached')) throw new Error(`strace did not attach: ${said}`);
}
