// What can go wrong with a disk, as codes.

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

/** A failure that we found out ourselves, the system having called it a success. */
export class DiskFault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

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

/** What a person has to mend; everything else may pass by itself. */
const misconfigured: ReadonlySet<FaultCode> = new Set(['no_permission', 'not_a_directory']);

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

/** What a person does about it. */
export function faultAdvice(code: FaultCode): string {
  return advice[code];
}

/** The report that an error stands for; none if it is not the disk's, but a bug of ours. */
export function faultReport(error: unknown) {
  const fault = faultOf(error);
  if (fault === undefined) return undefined;
  return { batch: misconfigured.has(fault.code) ? 'misconfigured' : 'unavailable', ...fault } as const;
}

function faultOf(error: unknown): { readonly code: FaultCode; readonly message: string } | undefined {
  if (error instanceof DiskFault) return { code: error.code, message: error.message };
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return undefined;
  return { code: byErrno[String(error.code)] ?? 'io_error', message: error.message };
}
