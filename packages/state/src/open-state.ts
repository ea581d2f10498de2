// Opens the state file of a running connector in its own thread.
import { join } from 'node:path';
import { ConnectorError, type Logger, reasonOf } from '@xiq-siem/core';
import type { JournalIncident } from '@xiq-siem/journal';
import { type Documents, openDocuments } from './documents.ts';
import { removeMigrated } from './migration/migrate.ts';
import { type Incident, incidentStatement, type StoredIncident } from './recovery/incident.ts';
import { acknowledgeIncident, readIncidents } from './recovery/incidents.ts';
import type { Database } from './sqlite/database.ts';
import { stateErrors } from './state-errors.ts';
import { stateFileIn } from './state-file.ts';
import { openWorkerDatabase } from './worker/worker-database.ts';

export interface State {
  readonly database: Database;
  readonly documents: Documents;
  /** Incidents of the file that are not acknowledged. */
  incidents(): Promise<readonly StoredIncident[]>;
  addIncident(incident: Incident): Promise<void>;
  /** Stores an incident of the journal, unless one with the same reason is not yet acknowledged. */
  addJournalIncident(incident: JournalIncident): Promise<void>;
  /** Returns whether the incident existed. */
  acknowledge(incident: number): Promise<boolean>;
  /** Checks the whole file in the background. Damage is moved to the quarantine, and is an incident. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

interface StateOptions {
  readonly now: () => number;
  readonly log: Logger;
  /** Called once, when the disk has failed and all requests are rejected until a restart. */
  readonly onFailure?: (error: ConnectorError) => void;
}

/**
 * `directory` is an open (locked) data directory of the current format. A damaged or missing file is replaced: the new one
 * has all data that could be recovered, and an incident.
 * @throws ConnectorError state_failed.
 */
export async function openState(directory: string, { now, log, onFailure = () => {} }: StateOptions): Promise<State> {
  const paths = { file: stateFileIn(directory), quarantine: join(directory, 'quarantine') };
  const onIncident = ({ kind, reason, file, recovered, lost }: Incident): void =>
    log.error(`state.${kind}`, { reason, file: file ?? 'none', recovered, lost: lost ?? 'unknown' });
  const database = openWorkerDatabase(paths, { now, onIncident, onFailure });
  const incidents = () => readIncidents(database);
  try {
    await removeMigrated(
      directory,
      (await incidents()).some(({ kind }) => kind === 'migrated'),
    );
  } catch (cause) {
    await database.close();
    if (cause instanceof ConnectorError) throw cause;
    const text = `the files of format 1 in ${directory} cannot be removed (${reasonOf(cause)}): check the permissions and the disk`;
    throw new ConnectorError(stateErrors.failed, text, { cause });
  }
  async function addIncident(incident: Incident): Promise<void> {
    onIncident(incident);
    await database.write([incidentStatement(incident, now())]);
  }
  async function addJournalIncident({ kind, reason, lost }: JournalIncident): Promise<void> {
    if ((await incidents()).some((known) => known.reason === reason)) return;
    const incident = { kind, reason, file: undefined, recovered: 0, lost };
    await database.write([incidentStatement(incident, now())]);
  }
  return {
    database,
    documents: openDocuments(database, log),
    incidents,
    addIncident,
    addJournalIncident,
    acknowledge: (incident) => acknowledgeIncident(database, incident),
    verify: () =>
      database.verify().catch((cause: unknown) => {
        log.warn('state.verify_failed', { error: cause instanceof Error ? cause.message : String(cause) });
      }),
    close: database.close,
  };
}
