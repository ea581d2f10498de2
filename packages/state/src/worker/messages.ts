// The messages between the main thread and the thread of the state file.

import type { Incident } from '../recovery/incident.ts';
import type { StateFilePaths } from '../recovery/open-state-file.ts';
import type { Row, SqlValue, Statement } from '../sqlite/database.ts';

export interface WorkerStart {
  readonly paths: StateFilePaths;
  /** Epoch milliseconds at the start. The clock is a function, which cannot be sent to a thread. */
  readonly nowMs: number;
}

export type Request =
  | { readonly kind: 'read'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: 'write'; readonly statements: readonly Statement[] }
  /** One step of `verification`. Its row has the `after` of the next request, null at the end. */
  | { readonly kind: 'verify'; readonly after: number | undefined }
  | { readonly kind: 'close' };

/**
 * As `failureKindOf`; `newer`: a newer version of the connector created the file.
 */
export interface Failure {
  readonly kind: 'full' | 'readOnly' | 'busy' | 'failed' | 'refused' | 'newer';
  readonly message: string;
}

export type Reply = { readonly rows: readonly (readonly Row[])[] } | { readonly failure: Failure };

export type FromWorker =
  | { readonly kind: 'response'; readonly id: number; readonly response: Reply }
  | { readonly kind: 'incident'; readonly incident: Incident };
