// Runs the real connector as a child process on one data directory: start, signals, admin API and commands.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectAdmin, type Operations, readAdminFile } from '@xiq-siem/admin-api';

const main = fileURLToPath(new URL('../../../apps/receiver/src/main.ts', import.meta.url));
const startWithinMs = 60_000;
/** A connector that does not end this long after SIGTERM is killed, and reported. */
const stopWithinMs = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export type Connector = ReturnType<typeof createConnector>;

/** `onCrash` gets the reason when the process ends on its own. */
export function createConnector(
  directory: string,
  environment: Readonly<Record<string, string>>,
  onCrash: (reason: string) => void,
) {
  const logFile = join(directory, 'connector.log');
  const dataDirectory = join(directory, 'data');
  let child: ChildProcess | undefined;
  let running: { readonly url: string; readonly admin: Operations } | undefined;

  // An interrupted oracle leaves no connector behind.
  process.once('exit', () => child?.kill('SIGKILL'));

  async function startConnector(): Promise<void> {
    const log = openSync(logFile, 'a');
    const started = spawnMain(['serve'], ['ignore', log, log]);
    closeSync(log);
    child = started;
    started.once('exit', (code, signal) => {
      if (child !== started) return;
      child = undefined;
      running = undefined;
      onCrash(`the connector ended by itself (${code ?? signal}): ${logTail()}`);
    });
    const until = performance.now() + startWithinMs;
    while (child === started && performance.now() < until) {
      // The check first: the file may still be that of the process before.
      const address = isOf(started.pid) ? await readAdminFile(dataDirectory).catch(() => undefined) : undefined;
      if (address?.webhooks !== undefined) {
        running = { url: address.webhooks, admin: connectAdmin(address) };
        return;
      }
      await sleep(50);
    }
    throw new Error(`the connector did not start within ${startWithinMs / 1000} s: ${logTail()}`);
  }

  /** A killed process leaves its file. */
  const isOf = (pid: number | undefined): boolean => {
    try {
      return readFileSync(join(dataDirectory, 'admin.json'), 'utf8').includes(`"pid":${pid},`);
    } catch {
      return false;
    }
  };

  /** Resolves when the process has ended; false if SIGTERM did not end it. */
  async function stopConnector(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    const stopped = child;
    if (stopped === undefined) return true;
    child = undefined;
    running = undefined;
    const ended = once(stopped, 'exit');
    stopped.kill(signal);
    const inTime = await Promise.race([ended.then(() => true), sleep(stopWithinMs, false, { ref: false })]);
    if (!inTime) stopped.kill('SIGKILL');
    await ended;
    return inTime;
  }

  /** While the work runs, no thread of the connector does. */
  async function whileStopped(work: () => void): Promise<void> {
    const pid = child?.pid;
    if (pid === undefined) return work();
    process.kill(pid, 'SIGSTOP');
    try {
      while (child?.pid === pid && !/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5);
      work();
    } finally {
      if (child?.pid === pid) process.kill(pid, 'SIGCONT');
    }
  }

  async function runCommand(args: readonly string[]): Promise<Ended> {
    const command = spawnMain(args, ['ignore', 'pipe', 'pipe']);
    let output = '';
    for (const stream of [command.stdout, command.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    await once(command, 'close');
    return { code: command.exitCode, output };
  }

  function spawnMain([name = '', ...args]: readonly string[], stdio: ('ignore' | 'pipe' | number)[]): ChildProcess {
    const { PATH, HOME } = process.env;
    const config = ['--config', join(directory, 'config.yaml')];
    return spawn(process.execPath, [main, name, ...args, ...config], {
      ...{ cwd: directory, stdio, env: { PATH, HOME, ...environment } },
    });
  }

  const logTail = (): string => readFileSync(logFile, 'utf8').slice(-2_000);

  return {
    start: startConnector,
    stop: stopConnector,
    signal: (signal: NodeJS.Signals): void => void child?.kill(signal),
    whileStopped,
    /** Of the webhook listener; undefined while it does not run. */
    url: (): string | undefined => running?.url,
    /** Rejects while it does not run. */
    admin: (): Operations => {
      if (running === undefined) throw new Error('the connector does not run');
      return running.admin;
    },
    run: runCommand,
    dataDirectory,
  };
}
