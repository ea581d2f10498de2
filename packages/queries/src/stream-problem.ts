// Why a running connector does not deliver to a destination: what it has seen, in one sentence.
import type { DestinationStatus } from '@xiq-siem/delivery';

type Seen = Pick<DestinationStatus, 'state' | 'reason' | 'blocked' | 'lastFailure'>;

const stateTexts: Partial<Record<DestinationStatus['state'], string>> = {
  paused: 'paused',
  backing_off: 'backing off',
};

/** Undefined if the destination accepts events, and none is blocked. */
export function problemOfStream({ state, reason = state, blocked, lastFailure }: Seen): string | undefined {
  const text = stateTexts[state];
  if (text !== undefined) return `${text}: ${reason === lastFailure?.code ? withMessage(lastFailure) : reason}`;
  return blocked && `${blocked.events} events are blocked: ${withMessage(blocked)}`;
}

const withMessage = ({ code, message }: { readonly code: string; readonly message: string | undefined }): string =>
  message === undefined ? code : `${code}: ${message}`;
