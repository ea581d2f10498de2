// A process group as a whole: a server, its launcher and whatever they started.
import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to all of the group. False when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * True while a process of the group runs. One that has ended and waits for a lazy init to take note does not count,
 * unless threads of it are still on their way out: they hold its sockets.
 */
export function groupRuns(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && runsIn(group, entry));
}

const fields = { state: 0, group: 2, threads: 17 } as const;

function runsIn(group: number, pid: string): boolean {
  const stat = statOf(pid).split(' ');
  if (stat[fields.group] !== String(group)) return false;
  const ended = stat[fields.state] === 'Z' || stat[fields.state] === 'X';
  return !ended || Number(stat[fields.threads]) > 1;
}

/** What stands behind the name of the process: state, parent, group … Empty when it is gone. */
function statOf(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}
