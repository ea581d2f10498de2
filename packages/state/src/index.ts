// What is small and durable beside the journal.
export type { BackfilledIds, BackfilledLookup } from './backfilled-ids.ts';
export { isDuplicateOfBackfill, openBackfilledIds, readBackfilledIds, withoutDuplicates } from './backfilled-ids.ts';
export type {
  DeadLetterFilter,
  DeadLetterReading,
  DeadLetters,
  ListedDeadLetter,
  StoredDeadLetter,
} from './dead-letters/dead-letters.ts';
export { openDeadLetters, openDeadLettersSnapshot } from './dead-letters/open-dead-letters.ts';
export { idSet } from './id-set.ts';
export type { BackfillProgress, JobRecord, JobRecords } from './job-record.ts';
export { newJobId, openJobRecords, readJobRecords } from './job-record.ts';
export type { ProgressHistory, ProgressHistoryReading } from './progress-history.ts';
export { openProgressHistory, readProgressHistory } from './progress-history.ts';
