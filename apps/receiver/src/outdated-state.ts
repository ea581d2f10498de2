// Finds a state file that is not the one which the positions of the destinations belong to.
import type { Status } from '@xiq-siem/admin-api';
import { documentNames, type State } from '@xiq-siem/state';
import { z } from 'zod';

/**
 * To be called at the start, when every dead letter that a position counts is in the file: it was synced first. An incident
 * that is there already says why some are not.
 */
export async function noteOutdatedState(
  state: Pick<State, 'addIncident'>,
  { destinations, incidents }: Status,
): Promise<void> {
  const lacking = destinations.filter(({ deadLetters }) => deadLetters.unaccounted > 0);
  if (lacking.length === 0 || incidents.length > 0) return;
  const names = lacking.map(({ name }) => name).join(', ');
  const lost = lacking.reduce((total, { deadLetters }) => total + deadLetters.unaccounted, 0);
  const reason =
    `dead letters of ${names} that were stored are not in it: an older copy, or the file of another data directory, ` +
    'was put in its place, or its state.sqlite-wal was removed';
  await state.addIncident({ kind: 'outdated', reason, file: undefined, recovered: 0, lost });
}

/** Its dead letters may be another tenant's: that is said before somebody sends them. */
export async function noteForeignState(
  { addIncident, documents }: Pick<State, 'addIncident' | 'documents'>,
  instanceId: string,
): Promise<void> {
  const found = await documents.get(documentNames.directory, z.string());
  if (found === instanceId) return;
  if (found !== undefined) {
    const reason = `it is of another data directory (${found}), or instance.json was lost: look at dlq list before a retry`;
    await addIncident({ kind: 'outdated', reason, file: undefined, recovered: 0, lost: undefined });
  }
  await documents.put(documentNames.directory, instanceId);
}
