// The embedded log, for the code that opens it. All other code uses core's `BodyLog`.
import type { AgeGuard, BodyLog, ConnectorError, Logger } from '@xiq-siem/core';
import type { Files } from './files.ts';
import type { JournalIncident, KnownHistory } from './incidents.ts';
import type { JournalMeter } from './metrics.ts';

export interface JournalOptions {
  /** Path of the open data directory. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  /** How long settled bodies are kept. A full journal or disk removes them earlier. */
  readonly retainForMs: number;
  /** A new segment is started when the current one holds this many bytes. */
  readonly segmentBytes: number;
  readonly now: () => number;
  readonly ageGuard: Pick<AgeGuard, 'mayDeleteByAge' | 'resume' | 'confirmedMs'>;
  readonly log: Logger;
  readonly meter: JournalMeter;
  /** Default: Node's file system. */
  readonly files?: Files;
  /** Milliseconds between two runs of `maintain`; default 1000, 0 for never. */
  readonly maintainEveryMs?: number;
  /** Called once, when an append or the maintenance fails and the journal accepts no more bodies (`journal_failed`). */
  readonly onFailure?: (error: ConnectorError) => void;
  /** Default: nothing is known of an earlier journal. */
  readonly known?: KnownHistory;
  /** Stores an incident. Called while the journal is opened, before it changes what shows the incident. */
  readonly onIncident?: (incident: JournalIncident) => Promise<void>;
}

/** The log that is embedded in the connector: files of one directory, written by one process. */
export interface Journal extends BodyLog {
  /** Applies the limits of age, size and free space. Runs once a second; public for tests. */
  maintain(): Promise<void>;
}
