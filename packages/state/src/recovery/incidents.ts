// Reads and acknowledges incidents of the state file.
import { z } from 'zod';
import type { Database, Reading } from '../sqlite/database.ts';
import { incidentKinds, type StoredIncident } from './incident.ts';

const row = z
  .object({
    id: z.int(),
    at_ms: z.int(),
    kind: z.enum(incidentKinds),
    reason: z.string(),
    file: z.string().nullable(),
    recovered: z.int(),
    lost: z.int().nullable(),
  })
  .transform(({ at_ms: atMs, file, lost, ...rest }): StoredIncident => {
    return { ...rest, atMs, file: file ?? undefined, lost: lost ?? undefined };
  });

/** Incidents that are not acknowledged, oldest first. */
export async function readIncidents(database: Reading): Promise<readonly StoredIncident[]> {
  return z.array(row).parse(await database.read('SELECT * FROM incidents ORDER BY id'));
}

/** Returns whether an incident with that id existed. */
export async function acknowledgeIncident(database: Database, id: number): Promise<boolean> {
  const [rows = []] = await database.write([
    { sql: 'DELETE FROM incidents WHERE id = ? RETURNING 1', parameters: [id] },
  ]);
  return rows.length > 0;
}
