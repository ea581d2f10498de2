// Detects a state file that does not belong to the positions of the destinations.
import type { Status } from '@xiq-siem/admin-api';
import { documentNames, isOfStateFile, type State } from '@xiq-siem/state';
import { z } from 'zod';

/**
 * Call it at the start: dead letters are synced before positions, so every dead letter that a position counts must be in
 * the file. Nothing is noted where an incident already explains why some are missing.
 */
export async function noteOutdatedState(
  state: Pick<State, 'addIncident'>,
  { destinations, incidents }: Status,
): Promise<void> {
  const affected = destinations.filter(({ deadLetters }) => deadLetters.unaccounted > 0);
  if (affected.length === 0 || incidents.some(isOfStateFile)) return;
  const names = affected.map(({ name }) => name).join(', ');
  const lost = affected.reduce((total, { deadLetters }) => total + deadLetters.unaccounted, 0);
  const reason =
    `stored dead letters of ${names} are missing: the file was replaced by an older copy or by the file of another ` +
    'data directory, or its state.sqlite-wal was removed';
  await state.addIncident({ kind: 'outdated', reason, file: undefined, recovered: 0, lost });
}

/** The dead letters of another data directory may belong to another tenant: a retry would send them to this one. */
export async function noteForeignState(
  { addIncident, documents }: Pick<State, 'addIncident' | 'documents'>,
  instanceId: string,
): Promise<void> {
  const found = await documents.get(documentNames.directory, z.string());
  if (found === instanceId) return;
  if (found !== undefined) {
    const reason = `the file belongs to another data directory (${found}), or instance.json was lost: check dlq list before a retry`;
    await addIncident({ kind: 'outdated', reason, file: undefined, recovered: 0, lost: undefined });
  }
  await documents.put(documentNames.directory, instanceId);
}
