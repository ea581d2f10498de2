// Runs a server in its own process group, with its output in a file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { groupRuns, signalGroup } from './process-group.ts';
import type { Launch } from './recipe.ts';
import { TestbedError } from './testbed-error.ts';

export interface ServerProcess {
  /** Also the id of its process group. */
  readonly pid: number;
  /** A message that says how it ended; undefined while it runs. */
  readonly ending: () => string | undefined;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Sends the signal to the whole group, and SIGKILL after `graceMs`. Resolves when no process of the group is left. */
  end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void>;
}

/** @throws TestbedError when the command cannot be started. */
export async function startProcess(launch: Launch, logFile: string): Promise<ServerProcess> {
  const log = await open(logFile, 'a');
  let ending: string | undefined;
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...launch.env },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      ...launch.user,
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        ending = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
        resolve();
      });
    });
    await once(child, 'spawn').catch((cause) => {
      throw new TestbedError(`${launch.command} did not start: ${cause}`, 69, { cause });
    });
    const { pid } = child;
    if (pid === undefined) throw new TestbedError(`${launch.command} did not start`);
    return {
      pid,
      ended,
      ending: () => ending,
      async end(signal, graceMs) {
        signalGroup(pid, signal);
        if (await isGone(pid, graceMs)) return ended;
        signalGroup(pid, 'SIGKILL');
        if (await isGone(pid, killedWithinMs)) return ended;
        throw new TestbedError(`process group ${pid} still exists ${killedWithinMs / 1000} s after SIGKILL`);
      },
    };
  } finally {
    await log.close();
  }
}

const killedWithinMs = 10_000;

/** Waits until no process of the group runs; false where one still does after `withinMs`. */
async function isGone(group: number, withinMs: number): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; groupRuns(group); ) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}
