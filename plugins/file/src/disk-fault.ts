// Disk errors: their codes, and the advice for the operator.

const byErrno: Readonly<Record<string, FaultCode>> = {
  EACCES: 'permission_denied',
  EDQUOT: 'disk_full',
  EEXIST: 'not_a_directory',
  ENOENT: 'path_missing',
  ENOSPC: 'disk_full',
  ENOTDIR: 'not_a_directory',
  EPERM: 'permission_denied',
  EROFS: 'read_only',
};

/** Every code that a report of this destination can have. */
export const faultCodes = [
  'aborted',
  'disk_full',
  'file_moved',
  'file_truncated',
  'io_error',
  'not_a_directory',
  'not_a_file',
  'path_missing',
  'permission_denied',
  'read_only',
  'short_write',
  'timed_out',
] as const;

export type FaultCode = (typeof faultCodes)[number];

const advice: Readonly<Record<FaultCode, string>> = {
  aborted: 'try again',
  disk_full: 'free disk space',
  file_moved: 'no action: the events are written to a new file',
  file_truncated: 'no action: the events are written again',
  io_error: 'check the disk and the system log',
  path_missing: 'create the directory, or mount its file system',
  permission_denied: 'give the user of the connector access, or set another `directory`',
  not_a_directory: 'a file has the name of the directory: move it, or set another `directory`',
  not_a_file: 'move it to another directory',
  read_only: 'mount it for writing, or set another `directory`',
  short_write: 'free disk space, and check the quotas',
  timed_out: 'try again',
};

/** A failure that this plugin detects although the system call succeeded. */
export class DiskFault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The report for a disk error. Rethrows any other error: it is a bug. */
export function faultReport(error: unknown) {
  if (!(error instanceof DiskFault) && !(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
  const code = error instanceof DiskFault ? error.code : (byErrno[String(error.code)] ?? 'io_error');
  // An operator must fix these; any other fault may disappear without help.
  const isPersistent = code === 'permission_denied' || code === 'not_a_directory' || code === 'not_a_file';
  const batch = isPersistent ? 'misconfigured' : 'unavailable';
  return { batch, code, message: error.message } as const;
}

/** The message and the advice for a disk error. Rethrows any other error. */
export function explainFault(error: unknown): string {
  const { code, message } = faultReport(error);
  return `${message}: ${advice[code]}`;
}
