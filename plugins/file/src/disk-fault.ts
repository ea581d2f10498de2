// What can go wrong with a disk, as codes.

const byErrno: Readonly<Record<string, FaultCode>> = {
  EACCES: 'no_permission',
  EDQUOT: 'disk_full',
  EEXIST: 'not_a_directory',
  ENOENT: 'missing',
  ENOSPC: 'disk_full',
  ENOTDIR: 'not_a_directory',
  EPERM: 'no_permission',
  EROFS: 'read_only',
};

/** Every code that a report of this destination can name. */
export const faultCodes = [
  'aborted',
  'disk_full',
  'io_error',
  'missing',
  'no_permission',
  'not_a_directory',
  'read_only',
  'short_write',
] as const;

export type FaultCode = (typeof faultCodes)[number];

const advice: Readonly<Record<FaultCode, string>> = {
  aborted: 'ask again',
  disk_full: 'free some space',
  io_error: 'look at the disk and the system log',
  missing: 'make the directory, or mount what it stands on',
  no_permission: 'give the user that the connector runs as the right to it, or set `directory` to another',
  not_a_directory: 'a file stands in the way: move it, or set `directory` to another',
  read_only: 'mount it for writing, or set `directory` to another',
  short_write: 'free some space, and look at quotas',
};

/** A failure that we found ourselves: the system reported success. */
export class DiskFault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The report for an error of the disk. Throws any other error again: that one is a bug of ours. */
export function faultReport(error: unknown) {
  if (!(error instanceof DiskFault) && !(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
  const code = error instanceof DiskFault ? error.code : (byErrno[String(error.code)] ?? 'io_error');
  // Only a person can fix these two; everything else may pass by itself.
  const batch = code === 'no_permission' || code === 'not_a_directory' ? 'misconfigured' : 'unavailable';
  return { batch, code, message: error.message } as const;
}

/** What went wrong with the disk, and what a person does about it. Throws any other error again. */
export function explainFault(error: unknown): string {
  const { code, message } = faultReport(error);
  return `${message}: ${advice[code]}`;
}
