// For tests: what a process has used of the machine, as Linux counts it.
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** User and system together, since its start. */
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** The most that it ever was. */
  readonly peakRssMiB: number;
}

/** Ticks a second: the same on every Linux that Node runs on. */
const ticks = 100;

export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const mebibytes = (name: string): number => {
    const [, kibibytes = ''] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return Math.round(Number(kibibytes) / 1024);
  };
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
    rssMiB: mebibytes('VmRSS'),
    peakRssMiB: mebibytes('VmHWM'),
  };
}
