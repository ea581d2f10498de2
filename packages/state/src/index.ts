// The state file: dead letters, documents, progress history and back-filled ids in one SQLite file.

export type { BackfillLookup, BackfillPairing, FetchedEvents } from './backfill-pairing.ts';
export {
  afterDecisions,
  isDuplicateOfBackfill,
  markDuplicates,
  openBackfillPairing,
  readBackfillPairing,
  slotFinder,
  slotId,
} from './backfill-pairing.ts';
export { deadLetterReading } from './dead-letters/dead-letter-reading.ts';
export type {
  DeadLetterFilter,
  DeadLetterReading,
  DeadLetters,
  ListedDeadLetter,
  StoredDeadLetter,
} from './dead-letters/dead-letters.ts';
export { openDeadLetters } from './dead-letters/open-dead-letters.ts';
export type { DocumentReading, Documents } from './documents.ts';
export { documentNames, documentReading } from './documents.ts';
export { idMap, idSet } from './id-set.ts';
export type { BackfillProgress, JobRecord, JobRecords } from './job-records.ts';
export { newJobId, openJobRecords, readJobRecords } from './job-records.ts';
export { readKnownHistory } from './known-history.ts';
export { prepareState } from './migration/migrate.ts';
export { openSharedDocuments } from './open-shared-documents.ts';
export type { State } from './open-state.ts';
export { openState } from './open-state.ts';
export type { Progress, ProgressHistory, ProgressHistoryReading } from './progress-history.ts';
export { openProgressHistory, progressReading } from './progress-history.ts';
export type { StateSnapshot } from './read-state.ts';
export { openStateSnapshot } from './read-state.ts';
export type { StoredIncident } from './recovery/incident.ts';
export { isOfStateFile } from './recovery/incident.ts';
export { readIncidents } from './recovery/incidents.ts';
