// The work of a job while it goes on.
import type { Job } from '@xiq-siem/admin-api';

/** `stopped`: by somebody, or because what it needs is gone; it can be gone on with. */
export type WorkEnd = 'done' | 'stopped' | 'failed';

export interface JobWork {
  readonly ended: Promise<WorkEnd>;
  /** How far it is. */
  shown(): Pick<Job, 'lanes'>;
  stop(graceMs: number): Promise<void>;
  /** Called once, when it has ended. */
  close(): Promise<void>;
}
