// What went wrong with the state file itself: noted in it, and shown until somebody acknowledges it.
import type { DatabaseSync } from 'node:sqlite';
import type { Statement } from '../sqlite/database.ts';

/**
 * `damaged`: the file was set aside, and a new one made of what could be read. `missing`: it was not there. `migrated`:
 * files of format 1 could not all be read. `outdated`: dead letters that the positions count are not in it.
 */
export const incidentKinds = ['damaged', 'missing', 'migrated', 'outdated'] as const;

export interface Incident {
  readonly kind: (typeof incidentKinds)[number];
  readonly reason: string;
  /** What was set aside, within the data directory. */
  readonly file: string | undefined;
  /** Open dead letters and other documents that are there. */
  readonly recovered: number;
  /** Open dead letters, or files, that could not be read; undefined where nobody knows. */
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
