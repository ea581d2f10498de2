// For tests: the resource usage of a process, from /proc.
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** User and system time since its start. */
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** Maximum so far. */
  readonly peakRssMiB: number;
}

/** Ticks per second; the same on every Linux that Node supports. */
const ticks = 100;

export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The program name, in parentheses, may contain anything.
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
