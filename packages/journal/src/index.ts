// The durable log between our 2xx and delivery.
export type { Journal, JournalExtent, JournalOptions, PositionOptions } from './journal.ts';
