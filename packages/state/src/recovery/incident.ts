// What went wrong with the state file itself: noted in it, and shown until somebody acknowledges it.
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Database, Reading } from '../sqlite/database.ts';

/**
 * `damaged`: the file was set aside, and a new one made of what could be read. `missing`: it was not there. `migrated`:
 * files of format 1 could not all be read.
 */
const kind = z.enum(['damaged', 'missing', 'migrated']);

export interface Incident {
  readonly kind: z.output<typeof kind>;
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

const row = z
  .object({
    id: z.int(),
    at_ms: z.int(),
    kind,
    reason: z.string(),
    file: z.string().nullable(),
    recovered: z.int(),
    lost: z.int().nullable(),
  })
  .transform(({ at_ms: atMs, file, lost, ...rest }): NotedIncident => {
    return { ...rest, atMs, file: file ?? undefined, lost: lost ?? undefined };
  });

/** Those that nobody has acknowledged, oldest first. */
export async function readIncidents(database: Reading): Promise<readonly NotedIncident[]> {
  return z.array(row).parse(await database.read('SELECT * FROM incidents ORDER BY id'));
}

/** Whether there was one of that id. */
export async function acknowledgeIncident(database: Database, id: number): Promise<boolean> {
  const [rows = []] = await database.write([
    { sql: 'DELETE FROM incidents WHERE id = ? RETURNING 1', parameters: [id] },
  ]);
  return rows.length > 0;
}
