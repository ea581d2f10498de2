// The work of a job while it goes on.
import type { Job } from '@xiq-siem/admin-api';
import type { JobRecord } from '@xiq-siem/state';

/** `stopped`: by somebody, or because what it needs is gone; it can be gone on with. */
export type WorkEnd = 'done' | 'stopped' | 'failed';

export interface JobWork {
  readonly ended: Promise<WorkEnd>;
  /** How far it is. */
  shown(): Pick<Job, 'lanes' | 'types'>;
  /** What of its record is otherwise than it began with. */
  kept?(): Pick<JobRecord, 'backfill'>;
  stop(graceMs: number): Promise<void>;
  /** Called once, when it has ended. */
  close(): Promise<void>;
}

export interface JobKind {
  /** What a new job goes over. Rejects with `usage` where the request makes no sense. */
  outline(request: Job['request']): Promise<Pick<JobRecord, 'span' | 'lastNumber' | 'backfill'>>;
  /** The same command goes on with one that failed, rather than begin another. */
  readonly resumesFailed?: boolean;
  /** Begins its work, from wherever it stands. */
  begin(record: JobRecord): Promise<JobWork>;
}
