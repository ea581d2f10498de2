// For tests: temporary disks that can be filled, made read-only, or lose power.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const probes = {
  mount: ['root and the permission to mount', 'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d'],
  loop: ['a free loop device, mkfs.ext4 and python3', 'losetup -f && command -v mkfs.ext4 && command -v python3'],
  logrotate: ['logrotate', 'PATH=$PATH:/usr/sbin command -v logrotate'],
  strace: ['strace and the permission to trace', 'strace -f -o /dev/null true'],
} as const;

/** Why a test cannot run on this machine; undefined if it can. */
export function missingRequirement(...needs: readonly (keyof typeof probes)[]): string | undefined {
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

/** Vitest's `onTestFinished`: runs the last registered function first, even if the test failed. */
export type AtEnd = (work: () => Promise<void>) => void;

export interface Ext4Disk {
  /** The mount point. */
  readonly path: string;
  /** Syncs all writes. */
  sync(): Promise<void>;
  /**
   * Prepares a power cut. The returned function cuts: unsynced data is lost, and every later call fails. A sync that runs
   * during the cut may succeed although its data is lost (2 of 60 cuts, Linux 6.18). So results after the start of the cut
   * are not reliable.
   */
  armPowerCut(): Promise<() => Promise<void>>;
  /** Makes the disk read-only, as ext4 does after an error. */
  becomeReadOnly(): Promise<void>;
  /** Unmounts and mounts the disk. No process may have a file open. */
  remount(): Promise<void>;
}

/** EXT4_IOC_SHUTDOWN, `_IOR('X', 125, u32)`; 2 is EXT4_GOING_FLAGS_NOLOGFLUSH: ext4 does not write its journal either. */
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
  // A sparse file.
  await truncate(image, 1024 * 1024 * 1024);
  await run('mkfs.ext4', ['-q', image]);
  // By default ext4 syncs every 5 seconds. With 300, only the syncs of the connector make data durable.
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

/** Creates a directory and mounts a memory disk of this size there. */
export async function tmpfsAt(path: string, bytes: number, atEnd: AtEnd): Promise<void> {
  await mkdir(path, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  atEnd(() => unmount(path));
}

/** Writes to a file until its disk is full. */
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

/** Unmounts lazily if a process still has a file open: a failed test must leave nothing behind. */
async function unmount(path: string): Promise<void> {
  await run('umount', [path]).catch(() => run('umount', ['--lazy', path]));
}
