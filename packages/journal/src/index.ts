// The durable log between our 2xx and delivery.
export type { DataDirectory, DataDirectoryOptions, DataFormat } from './data-directory.ts';
export { openDataDirectory, requireFormat } from './data-directory.ts';
export type { Files, OpenFile } from './files.ts';
export { nodeFiles, writeDurably } from './files.ts';
export type { FoundBody } from './find-body.ts';
export type { LetGoGap } from './gaps.ts';
export type { Journal, JournalExtent, JournalOptions, PositionOptions } from './journal.ts';
export { journalMetrics } from './metrics.ts';
export { openJournal } from './open-journal.ts';
export type { JournalSnapshot, JournalSnapshotOptions } from './open-snapshot.ts';
export { openJournalSnapshot } from './open-snapshot.ts';
export { freshPosition, positionSchema } from './position.ts';
export { readPositionAt } from './position-file.ts';
export { parseReceipt } from './receipt.ts';
