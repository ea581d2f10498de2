// Applies requests to the state file. If a request finds damage, the file is replaced, and the request applied to the new one.
import type { Incident } from '../recovery/incident.ts';
import {
  type OpenedStateFile,
  openStateFile,
  rebuildFromOpenFile,
  replaceDamaged,
  type StateFilePaths,
} from '../recovery/open-state-file.ts';
import { failureKindOf, isDamage, NewerFileError } from '../sqlite/sqlite-errors.ts';
import type { SqliteFile, Written } from '../sqlite/sqlite-file.ts';
import type { Failure, Reply, Request } from './messages.ts';
import { verification } from './verify.ts';

interface RequestOptions {
  readonly paths: StateFilePaths;
  readonly now: () => number;
  readonly onIncident: (incident: Incident) => void;
}

/** Returns a function that applies a group: writes, which share a transaction, or one other request. */
export function requestsApplier({ paths, now, onIncident }: RequestOptions) {
  let opened: SqliteFile | undefined;
  let failed: Failure | undefined;
  const verifyPart = verification(onIncident);

  function use({ file, incident }: OpenedStateFile): SqliteFile {
    opened = file;
    if (incident !== undefined) onIncident(incident);
    return file;
  }
  const openFile = async (): Promise<SqliteFile> => opened ?? use(await openStateFile(paths, now));

  function closeFile(): void {
    opened?.close();
    opened = undefined;
  }

  async function applyGroup(group: readonly Request[]): Promise<readonly Written[]> {
    const [request] = group;
    // SQLite would continue with files that a restart does not find.
    if (opened?.isInPlace() === false) use(await rebuildFromOpenFile(paths, opened, now));
    if (request === undefined || request.kind === 'close') {
      closeFile();
      return [{ rows: [] }];
    }
    const file = await openFile();
    file.checkTables();
    switch (request.kind) {
      case 'read':
        return [{ rows: [file.read(request.sql, request.parameters)] }];
      case 'write':
        return file.write(group.flatMap((one) => (one.kind === 'write' ? [one.statements] : [])));
      case 'verify':
        return [{ rows: [[{ after: verifyPart(file, request.after, now()) ?? null }]] }];
    }
  }

  async function applyWithRepair(group: readonly Request[]): Promise<readonly Written[]> {
    try {
      return await applyGroup(group);
    } catch (error) {
      if (!isDamage(error)) throw error;
      closeFile();
      use(await replaceDamaged(paths, error.message, now));
      return applyGroup(group);
    }
  }

  function failureOf(error: unknown): Failure {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof NewerFileError) return { kind: 'newer', message };
    const failure: Failure = { kind: failureKindOf(error, paths.file), message };
    if (failure.kind === 'failed') failed = failure;
    return failure;
  }

  return async function apply(group: readonly Request[]): Promise<readonly Reply[]> {
    if (failed !== undefined && group[0]?.kind !== 'close') {
      const failure = failed;
      return group.map(() => ({ failure }));
    }
    try {
      const outcome = await applyWithRepair(group);
      return outcome.map((one) => ('error' in one ? { failure: failureOf(one.error) } : one));
    } catch (error) {
      const failure = failureOf(error);
      return group.map(() => ({ failure }));
    }
  };
}
