// What went wrong with the state file itself: noted in it, and shown until somebody acknowledges it.
import type { DatabaseSync } from 'node:sqlite';

/**
 * `damaged`: the file was set aside, and a new one made of what could be read. `missing`: it was not there. `migrated`:
 * files of format 1 could not all be read.
 */
export const incidentKinds = ['damaged', 'missing', 'migrated'] as const;

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

export interface NotedIncident extends Incident {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export function noteIncident(database: DatabaseSync, incident: Incident, atMs: number): void {
  const { kind: what, reason, file = null, recovered, lost = null } = incident;
  database
    .prepare('INSERT INTO incidents (at_ms, kind, reason, file, recovered, lost) VALUES (?, ?, ?, ?, ?, ?)')
    .run(Math.trunc(atMs), what, reason, file, recovered, lost);
}
