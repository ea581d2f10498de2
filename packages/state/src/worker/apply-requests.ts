// Applies requests to the state file; where one meets damage, the file is set aside, and the request applied to the new one.
import { ConnectorError } from '@xiq-siem/core';
import type { Incident } from '../recovery/incident.ts';
import { openStateFile, type StateFilePaths, setAside } from '../recovery/open-state-file.ts';
import { DamagedFileError, failureKindOf, isDamage } from '../sqlite/sqlite-errors.ts';
import type { SqliteFile, Written } from '../sqlite/sqlite-file.ts';
import type { Answer, Failure, Request } from './messages.ts';

/** A flipped bit in a number leaves the structure whole. */
const wrongSums = `WITH
  entries AS (SELECT destination, code, dataset, count(*) FROM dead_letters GROUP BY destination, code, dataset),
  counted AS (SELECT destination, code, dataset, open FROM dead_letter_groups)
  SELECT * FROM (SELECT * FROM entries EXCEPT SELECT * FROM counted)
  UNION ALL SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM entries)`;

interface RequestOptions {
  readonly paths: StateFilePaths;
  readonly now: () => number;
  readonly onIncident: (incident: Incident) => void;
}

/** What it gives applies a group: of writes, which then share a transaction, or of one request. */
export function requestsApplier({ paths, now, onIncident }: RequestOptions) {
  let opened: SqliteFile | undefined;
  let failed: Failure | undefined;

  function use({ file, incident }: { readonly file: SqliteFile; readonly incident: Incident | undefined }): SqliteFile {
    opened = file;
    if (incident !== undefined) onIncident(incident);
    return file;
  }
  const file = (): SqliteFile => opened ?? use(openStateFile(paths, now));

  /** Reads the structure of all tables and indexes; what is damaged is thrown, as any statement would that meets it. */
  function verify(): void {
    const [{ integrity_check: found } = { integrity_check: 'nothing' }] = file().read('PRAGMA integrity_check(1)');
    const text = String(found);
    if (text !== 'ok') throw new DamagedFileError(text.replaceAll('\n', ' '));
    if (file().read(wrongSums).length > 0) throw new DamagedFileError('the counts of dead letters do not match them');
  }

  function close(): void {
    opened?.close();
    opened = undefined;
  }

  function run(group: readonly Request[]): readonly Written[] {
    const [request] = group;
    switch (request?.kind) {
      case 'read':
        return [{ rows: [file().read(request.sql, request.parameters)] }];
      case 'write':
        return file().write(group.flatMap((one) => (one.kind === 'write' ? [one.statements] : [])));
      case 'verify':
        verify();
        return [{ rows: [] }];
      default:
        close();
        return [{ rows: [] }];
    }
  }

  function runAgainOnceRepaired(group: readonly Request[]): readonly Written[] {
    try {
      return run(group);
    } catch (error) {
      if (!isDamage(error)) throw error;
      close();
      use(setAside(paths, error.message, now));
      return run(group);
    }
  }

  function failureOf(error: unknown): Failure {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof ConnectorError) return { kind: 'newer', message };
    const failure: Failure = { kind: failureKindOf(error), message };
    if (failure.kind === 'failed') failed = failure;
    return failure;
  }

  return function apply(group: readonly Request[]): readonly Answer[] {
    if (failed !== undefined && group[0]?.kind !== 'close') {
      const failure = failed;
      return group.map(() => ({ failure }));
    }
    try {
      return runAgainOnceRepaired(group).map((one) => ('error' in one ? { failure: failureOf(one.error) } : one));
    } catch (error) {
      const failure = failureOf(error);
      return group.map(() => ({ failure }));
    }
  };
}
