// Signals and inspects a process group: a server with its launcher and children.
import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to the whole group. False where there is no such group. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * True while a process of the group runs. A zombie does not count, unless threads of it are still running: they keep its
 * sockets open.
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

/** The fields after the process name: state, parent, group … Empty where the process is gone. */
function statOf(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}
