// Files that can only be read, whatever is asked of them: what a snapshot stands on.
import { type Files, systemCode } from './files.ts';

/** A directory that is not there has no names. */
export function readOnlyFiles(files: Files): Files {
  const refuse = (): Promise<never> => Promise.reject(new Error('a snapshot only reads'));
  return {
    open: (path, mode) => (mode === 'read' ? files.open(path, mode) : refuse()),
    list: (directory) =>
      files.list(directory).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      }),
    freeBytes: files.freeBytes,
    makeDirectory: refuse,
    rename: refuse,
    remove: refuse,
    syncDirectory: refuse,
  };
}
