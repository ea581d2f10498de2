// How the state file fails.
import { exitCodes } from '@xiq-siem/core';

export const stateErrors = {
  /** The disk takes nothing now, or the dead letters take all that they may: the same may succeed later. */
  full: { code: 'state_full', exitCode: exitCodes.temporary },
  /** Its permissions, or a file system that is mounted read-only: the same may succeed later. */
  readOnly: { code: 'state_read_only', exitCode: exitCodes.io },
  /** Another process writes to it. */
  busy: { code: 'state_busy', exitCode: exitCodes.temporary },
  closed: { code: 'state_closed', exitCode: exitCodes.temporary },
  /** The disk failed: nothing is taken until a restart. */
  failed: { code: 'state_failed', exitCode: exitCodes.io },
} as const;
