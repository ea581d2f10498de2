// The reading operations of a stopped connector: they read its files, and never repair or write them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotOperations } from '@xiq-siem/admin-api';
import { type Configuration, routingFaults } from '@xiq-siem/config';
import { ConnectorError, exitCodes } from '@xiq-siem/core';
import { createEventFilter, systemClock } from '@xiq-siem/delivery';
import { type JournalIncident, openJournalSnapshot } from '@xiq-siem/journal';
import { checkDestinations, openDestination } from '@xiq-siem/pipeline';
import { mappingOf, type ReadModel, readingOperations, statusOf, unthrottled } from '@xiq-siem/queries';
import {
  type BackfillLookup,
  deadLetterReading,
  documentReading,
  openStateSnapshot,
  progressReading,
  readBackfillPairing,
  readIncidents,
  readJobRecords,
  readKnownHistory,
  type StateSnapshot,
  type StoredIncident,
} from '@xiq-siem/state';
import { z } from 'zod';
import { silentLog } from './log/log.ts';

const instance = z.object({ id: z.string() });

async function readInstanceId(directory: string): Promise<string> {
  try {
    return instance.parse(JSON.parse(await readFile(join(directory, 'instance.json'), 'utf8'))).id;
  } catch {
    return 'unknown';
  }
}

/** Only operations that need the state file reject with its error. */
function unreadableState(error: unknown): StateSnapshot {
  if (!(error instanceof ConnectorError && error.exitCode === exitCodes.io)) throw error;
  return { read: () => Promise.reject(error), close: async () => undefined };
}

const unknownPairing = (error: unknown): BackfillLookup => ({
  isDuplicate() {
    throw error;
  },
});

/** An incident that the next start stores. */
const unsaved = (incident: JournalIncident): StoredIncident => {
  return { ...incident, id: 0, atMs: Date.now(), file: undefined, recovered: 0 };
};

/**
 * `configured`: false if the configuration is invalid; the destinations are then those with a position.
 * @throws ConnectorError `data_directory_missing`, and as `openJournalSnapshot`.
 */
export async function openSnapshotOperations(
  configuration: Configuration,
  version: string,
  configured = true,
): Promise<SnapshotOperations & { close(): Promise<void> }> {
  const directory = configuration.resolvePath(configuration.dataDirectory);
  const state = await openStateSnapshot(directory, silentLog).catch(unreadableState);
  const instanceId = await readInstanceId(directory);
  // Without the state file, the files of the journal alone are compared.
  const known = await readKnownHistory(state, instanceId, silentLog).catch(() => undefined);
  const journal = await openJournalSnapshot(directory, { log: silentLog, ...(known && { known }) });
  const positions = journal.positions();
  const retainForMs = configuration.journal.retainForHours * 3_600_000;
  const pairing = await readBackfillPairing(state, { now: Date.now, retainForMs, log: silentLog }).catch(
    unknownPairing,
  );
  const agent = { id: instanceId, name: 'xiq-siem-connector', version };
  const services = { agent, log: silentLog, meter: { add: () => {} }, now: Date.now };
  const mapping = mappingOf(configuration, services);
  const readModel: ReadModel = {
    ...mapping,
    snapshot: true,
    journal,
    deadLetters: deadLetterReading(state, silentLog),
    progressHistory: progressReading(state),
    // `status` names an unreadable state file; the incidents of the journal are shown all the same.
    incidents: async () => [...(await readIncidents(state).catch(() => [])), ...journal.incidents.map(unsaved)],
    pairing,
    mappingVersion: mapping.version,
    sources: configured ? configuration.sources.map(({ name }) => name) : [],
    routing: configured ? routingFaults(configuration) : undefined,
    destinations: () =>
      (configured ? configuration.destinations : []).map(({ name, definition, options }) => {
        const { type, assurance } = definition;
        return { name, type, assurance, wants: createEventFilter(options.where) };
      }),
    unknownDestinations: configured ? [] : [...positions.keys()].sort(),
    position: (destination) => positions.get(destination),
    now: Date.now,
    yieldNow: unthrottled(),
  };
  const access = () => readModel;
  const clock = systemClock;
  // Loaded on demand: it is a third of the code that a reading command loads.
  const openAccount = async () => {
    const { completeness, openXiqAccounts, previewBackfill } = await import('@xiq-siem/xiq-account');
    return { completeness, previewBackfill, accounts: () => openXiqAccounts(configuration, services) };
  };
  async function checkConfiguredDestinations() {
    const opened = await Promise.all(
      configuration.destinations.map((destination) => openDestination(destination, configuration, services)),
    );
    try {
      return await checkDestinations(opened);
    } finally {
      await Promise.all(opened.map(({ destination }) => destination.close?.()));
    }
  }
  async function closeSnapshot(): Promise<void> {
    await journal.close();
    await state.close();
  }
  return {
    ...readingOperations({
      snapshot: true,
      readModel: access,
      status: () => statusOf(readModel, { version, instanceId }, undefined),
      authentication: () => [],
      jobs: async () => (await readJobRecords(documentReading(state, silentLog))).map(({ job }) => job),
      mappings: async () => ({ before: mappingOf(configuration, services, 'builtInMapping'), after: mapping }),
      check: checkConfiguredDestinations,
      xiq: {
        async *previewBackfill(input, signal) {
          const { previewBackfill, accounts } = await openAccount();
          yield* previewBackfill({ accounts, access, snapshot: true, clock }, input, signal);
        },
        async *completeness(input, signal) {
          const { completeness, accounts } = await openAccount();
          yield* completeness({ accounts, readModel: access, clock }, input, signal);
        },
      },
    }),
    close: closeSnapshot,
  };
}
