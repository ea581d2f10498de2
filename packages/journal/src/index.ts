// The durable log between the 202 response and delivery.
export type { DataDirectory, DataDirectoryOptions, DataFormat } from './data-directory.ts';
export { openDataDirectory, requireFormat } from './data-directory.ts';
export type { Files, OpenFile } from './files.ts';
export { nodeFiles, writeDurably } from './files.ts';
export type { JournalIncident, KnownHistory } from './incidents.ts';
export type { Journal, JournalOptions } from './journal.ts';
export { journalMetrics } from './metrics.ts';
export { openJournal } from './open-journal.ts';
export type { JournalSnapshot, JournalSnapshotOptions } from './open-snapshot.ts';
export { openJournalSnapshot } from './open-snapshot.ts';
export { positionSchema } from './position.ts';
export { readPositionAt } from './position-file.ts';
export { parseReceipt } from './receipt.ts';
