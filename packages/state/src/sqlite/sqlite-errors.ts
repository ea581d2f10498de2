// Classifies the errors of SQLite and of the file system for the state file.
import { closeSync, openSync, unlinkSync } from 'node:fs';

/** The file is damaged; the SQL statement that found it is correct. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/** A newer version of the connector created the file. */
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
/** The extended code of a failed write. Nothing was synced. */
const ioErrorWrite = 778;
const notADatabase = 26;

const extendedCodeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;

const sqliteCodeOf = (error: unknown): number => extendedCodeOf(error) & 0xff;

const systemCodeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

export function isDamage(error: unknown): error is Error {
  const code = sqliteCodeOf(error);
  // All stored numbers are safe integers: one out of range is damage.
  return (
    error instanceof DamagedFileError ||
    code === corrupt ||
    code === notADatabase ||
    systemCodeOf(error) === 'ERR_OUT_OF_RANGE'
  );
}

/** A constraint of the table rejected the row. */
export const isRefusedRow = (error: unknown): boolean => sqliteCodeOf(error) === constraint;

/**
 * `full`: the disk is full. `readOnly`: the file cannot be written. `busy`: another process writes. `failed`: the disk
 * failed, and a restart is needed. `refused`: the statement is wrong. SQLite does not tell whether the disk of `path` became
 * read-only while the file was open.
 */
export function failureKindOf(error: unknown, path?: string): 'full' | 'readOnly' | 'busy' | 'failed' | 'refused' {
  const code = sqliteCodeOf(error);
  const system = systemCodeOf(error);
  if (code === readOnlyFile) return 'readOnly';
  if (extendedCodeOf(error) === ioErrorWrite && path !== undefined && isOnReadOnlyDisk(path)) return 'readOnly';
  if (code === full || system === 'ENOSPC' || system === 'EDQUOT') return 'full';
  if (code === busy) return 'busy';
  // After a failed sync the content on disk is unknown.
  return code === ioError || code === cannotOpen || (error instanceof Error && 'syscall' in error)
    ? 'failed'
    : 'refused';
}

/** The flags of a file system do not tell that ext4 stopped writing after an error: creating a file does. */
function isOnReadOnlyDisk(path: string): boolean {
  const probe = `${path}-probe`;
  try {
    closeSync(openSync(probe, 'w'));
    unlinkSync(probe);
    return false;
  } catch (error) {
    return systemCodeOf(error) === 'EROFS';
  }
}
