// Incidents of the data directory. They are stored in the state file, and shown until an operator acknowledges them.
import type { DatabaseSync } from 'node:sqlite';
import type { Statement } from '../sqlite/database.ts';

/**
 * `damaged`: the file was moved to the quarantine, and its readable data copied to a new one. `missing`: the file was
 * missing. `migrated`: some files of format 1 could not be read. `outdated`: the file lacks dead letters that positions
 * count. `journal`: files of the journal are missing. `position`: the position of a destination is missing.
 */
export const incidentKinds = ['damaged', 'missing', 'migrated', 'outdated', 'journal', 'position'] as const;

/** Whether the incident is of the state file itself. */
export const isOfStateFile = ({ kind }: { readonly kind: string }): boolean =>
  kind !== 'journal' && kind !== 'position';

export interface Incident {
  readonly kind: (typeof incidentKinds)[number];
  readonly reason: string;
  /** Path of the quarantined file, relative to the data directory. */
  readonly file: string | undefined;
  /** Open dead letters and other documents that were recovered. */
  readonly recovered: number;
  /** Open dead letters, or files, that could not be read; undefined if unknown. */
  readonly lost: number | undefined;
}

export interface StoredIncident extends Incident {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export function incidentStatement(incident: Incident, atMs: number): Required<Statement> {
  const { kind, reason, file = null, recovered, lost = null } = incident;
  const sql = 'INSERT INTO incidents (at_ms, kind, reason, file, recovered, lost) VALUES (?, ?, ?, ?, ?, ?)';
  return { sql, parameters: [Math.trunc(atMs), kind, reason, file, recovered, lost] };
}

export function noteIncident(database: DatabaseSync, incident: Incident, atMs: number): void {
  const { sql, parameters } = incidentStatement(incident, atMs);
  database.prepare(sql).run(...parameters);
}
