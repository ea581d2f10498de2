// The embedded log as its opener sees it; all others take core's `Log`.
import type { ConnectorError, Log, Logger } from '@xiq-siem/core';
import type { Files } from './files.ts';
import type { JournalMeter } from './metrics.ts';

export interface JournalOptions {
  /** The open data directory's path. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  readonly retainForMs: number;
  /** A new segment is started when the current one holds this many bytes. */
  readonly segmentBytes: number;
  readonly now: () => number;
  readonly log: Logger;
  readonly meter: JournalMeter;
  /** The file system; Node's own where not given. */
  readonly files?: Files;
  /** How often `maintain` runs by itself, 1000 where not given; 0 for never. */
  readonly maintainEveryMs?: number;
  /** Called once, when it refuses for good (`journal_failed`): by an append, or by its own upkeep where nobody appends. */
  readonly onFailure?: (error: ConnectorError) => void;
}

/** The log that is embedded in the connector: files of one directory, and one process that writes them. */
export interface Journal extends Log {
  /** Applies age, size and free space. Called once a second by itself; here for tests. */
  maintain(): Promise<void>;
}
