// What the state file knows of the journal and of the positions, to detect that their files were removed.
import type { Logger } from '@xiq-siem/core';
import type { KnownHistory } from '@xiq-siem/journal';
import { z } from 'zod';
import { deadLetterReading } from './dead-letters/dead-letter-reading.ts';
import { documentNames, documentReading } from './documents.ts';
import type { Reading } from './sqlite/database.ts';

/** At a sequence of the progress history all lower bodies are settled; the other tables name bodies. */
const nextSequence = `SELECT max(1, coalesce((SELECT max(sequence) FROM progress), 1),
  coalesce((SELECT max(sequence) FROM dead_letters) + 1, 1), coalesce((SELECT max(sequence) FROM resolved) + 1, 1)) AS next`;
const nextRow = z.tuple([z.object({ next: z.int() })]);
const destinationRows = z.array(z.object({ destination: z.string() }));
const openRow = z.tuple([z.object({ open: z.int() })]);

/** Knows nothing where the file belongs to another data directory. */
export async function readKnownHistory(
  database: Reading,
  instanceId: string,
  log: Logger,
): Promise<KnownHistory | undefined> {
  const directory = await documentReading(database, log).get(documentNames.directory, z.string());
  if (directory !== undefined && directory !== instanceId) return undefined;
  const [{ next }] = nextRow.parse(await database.read(nextSequence));
  const rows = destinationRows.parse(await database.read('SELECT DISTINCT destination FROM progress'));

  async function deadLettered(destination: string, fromSequence: number): Promise<number> {
    const counts = (await deadLetterReading(database, log).counts()).get(destination);
    if (counts === undefined) return 0;
    const { open, parked = 0, delivered, dropped, lost, fromJobs = 0 } = counts;
    const sql = `SELECT count(*) AS open FROM dead_letters WHERE destination = ? AND sequence >= ? AND from_job = 0`;
    const [again] = openRow.parse(await database.read(sql, [destination, fromSequence]));
    return Math.max(0, open + parked + delivered + dropped + lost - fromJobs - again.open);
  }
  return { destinations: rows.map(({ destination }) => destination), nextSequence: next, deadLettered };
}
