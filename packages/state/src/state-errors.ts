// The error codes of the state file.
import { exitCodes } from '@xiq-siem/core';

export const stateErrors = {
  /** The disk is full, or the dead letters have reached their limit: a retry may succeed later. */
  full: { code: 'state_full', exitCode: exitCodes.temporary },
  /** The permissions or a read-only file system prevent writes: a retry may succeed later. */
  readOnly: { code: 'state_read_only', exitCode: exitCodes.io },
  /** Another process writes to it. */
  busy: { code: 'state_busy', exitCode: exitCodes.temporary },
  closed: { code: 'state_closed', exitCode: exitCodes.temporary },
  /** The disk failed: all requests are rejected until a restart. */
  failed: { code: 'state_failed', exitCode: exitCodes.io },
} as const;
