// What the errors of SQLite, and of the files beside it, mean for the state file.

/** The SQL that found it is not at fault: the file is. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/** A newer version of this program made the file. */
export class NewerFileError extends Error {
  override readonly name = 'NewerFileError';
}

const constraint = 19;
const full = 13;
const readOnlyFile = 8;
const busy = 5;
const ioError = 10;
const cannotOpen = 14;
const corrupt = 11;
const notADatabase = 26;

const sqliteCodeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;

const systemCodeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

export function isDamage(error: unknown): error is Error {
  const code = sqliteCodeOf(error);
  // No number that we write is so large that JavaScript cannot hold it.
  return (
    error instanceof DamagedFileError ||
    code === corrupt ||
    code === notADatabase ||
    systemCodeOf(error) === 'ERR_OUT_OF_RANGE'
  );
}

/** The table does not take this row, by its value. */
export const isRefusedRow = (error: unknown): boolean => sqliteCodeOf(error) === constraint;

/**
 * `full`: the disk takes nothing now. `readOnly`: nor does the file. `busy`: another process writes. `failed`: the disk, so
 * that only a restart reads it anew.
 */
export function failureKindOf(error: unknown): 'full' | 'readOnly' | 'busy' | 'failed' | 'refused' {
  const code = sqliteCodeOf(error);
  const system = systemCodeOf(error);
  if (code === readOnlyFile) return 'readOnly';
  if (code === full || system === 'ENOSPC' || system === 'EDQUOT') return 'full';
  if (code === busy) return 'busy';
  // What a failed sync leaves on disk nobody knows.
  return code === ioError || code === cannotOpen || (error instanceof Error && 'syscall' in error)
    ? 'failed'
    : 'refused';
}
