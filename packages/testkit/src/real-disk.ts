// For tests: disks of their own that can be filled, made read-only, or lose their power; gone when the test ends.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const probes = {
  mount: ['root, and the right to mount', 'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d'],
  loop: ['a free loop device, mkfs.ext4 and python3', 'losetup -f && command -v mkfs.ext4 && command -v python3'],
  strace: ['strace, and the right to trace', 'strace -f -o /dev/null true'],
} as const;

/** Why a test cannot run here; undefined where it can. */
export function lackOf(...needs: readonly (keyof typeof probes)[]): string | undefined {
  return needs.flatMap((need) => {
    const [what, probe] = probes[need];
    try {
      execFileSync('sh', ['-c', probe], { stdio: 'ignore' });
      return [];
    } catch {
      return [`needs ${what}`];
    }
  })[0];
}

/** Vitest's `onTestFinished`: runs the last registered first, also when the test has failed. */
export type AtEnd = (work: () => Promise<void>) => void;

export interface Ext4Disk {
  /** Where it is mounted. */
  readonly path: string;
  /** All that was written so far is on it. */
  sync(): Promise<void>;
  /**
   * Makes ready to cut the power. What it gives cuts: what was not synced is gone, and every call fails from then on, as when
   * the machine lost its power. A sync that is under way at that moment may be reported good although it was not (seen in 2
   * of 60 cuts with a program of five lines, Linux 6.18): nothing counts that was said after the cut was called for.
   */
  armPowerCut(): Promise<() => Promise<void>>;
  /** What ext4 does by itself after an error: from now on everything is read-only. */
  becomeReadOnly(): Promise<void>;
  /** Takes it off and on again: no process may have a file open. */
  remount(): Promise<void>;
}

/** EXT4_IOC_SHUTDOWN, `_IOR('X', 125, u32)`; 2 is EXT4_GOING_FLAGS_NOLOGFLUSH: not even ext4's own journal is written. */
const shutdown = `import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print('armed', flush=True)
if sys.stdin.readline(): fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))`;

/** An ext4 file system in a file, through a loop device. */
export async function ext4Disk(atEnd: AtEnd): Promise<Ext4Disk> {
  const directory = await mkdtemp(join(tmpdir(), 'xiq-siem-disk-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  const image = join(directory, 'image');
  const path = join(directory, 'mounted');
  await mkdir(path);
  await (await open(image, 'wx')).close();
  // A hole: it takes what is written to it.
  await truncate(image, 1024 * 1024 * 1024);
  await run('mkfs.ext4', ['-q', image]);
  // The kernel would sync by itself every five seconds: what survives here survives by the connector's own syncs.
  const mount = () => run('mount', ['-o', 'loop,commit=300', image, path]);
  await mount();
  atEnd(() => unmount(path));
  return {
    path,
    async sync() {
      await run('sync', ['--file-system', path]);
    },
    async armPowerCut() {
      const switched = spawn('python3', ['-c', shutdown, path], { stdio: ['pipe', 'pipe', 'inherit'] });
      const ended = once(switched, 'exit');
      await Promise.race([once(switched.stdout, 'data'), ended]);
      return async () => {
        switched.stdin.end('cut\n');
        const [code]: unknown[] = await ended;
        if (code !== 0) throw new Error(`the power of ${path} could not be cut`);
      };
    },
    async becomeReadOnly() {
      await run('mount', ['-o', 'remount,abort', path]);
    },
    async remount() {
      await run('umount', [path]);
      await mount();
    },
  };
}

/** Mounts a memory disk of so many bytes at a directory, which is made. */
export async function tmpfsAt(path: string, bytes: number, atEnd: AtEnd): Promise<void> {
  await mkdir(path, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  atEnd(() => unmount(path));
}

/** Writes to a file until its disk takes nothing more. */
export async function fillDisk(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (let length = 1024 * 1024; length >= 1; length = Math.floor(length / 2)) {
      const zeros = Buffer.alloc(length);
      while ((await handle.write(zeros).catch(() => ({ bytesWritten: 0 }))).bytesWritten === length);
    }
  } finally {
    await handle.close();
  }
}

/** Also where a process still holds it, so that a failed test leaves nothing behind. */
async function unmount(path: string): Promise<void> {
  await run('umount', [path]).catch(() => run('umount', ['--lazy', path]));
}
