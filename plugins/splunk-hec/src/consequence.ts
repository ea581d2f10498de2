// What a response that is not a success means for each envelope of the request.
import type { BatchFault, Verdict } from '@xiq-siem/core';
import type { Envelopes } from './envelope.ts';
import type { HecCode } from './hec-codes.ts';
import type { HecFault } from './hec-response.ts';
import type { Scope } from './routes.ts';

export interface Consequence {
  /** HEC accepted these before the one that it rejected. */
  readonly accepted: Envelopes;
  /** These get `verdict`. */
  readonly affected: Envelopes;
  readonly verdict: Verdict<HecCode>;
  /** HEC did not process these: sending them again is not a second attempt. */
  readonly unprocessed: Envelopes;
  /** Why no more requests are sent. */
  readonly stop?: BatchFault<HecCode>;
  /** Blocks the unprocessed envelopes, and all others with the same token, index or sourcetype. */
  readonly block?: Scope;
}

/** Splunk Cloud reports a larger body as a format error. */
const formatErrorMeansSizeBytes = 5_242_880;

export function consequenceOf({ action, rejectedAt, ...fault }: HecFault, sent: Envelopes): Consequence {
  const { code, message } = fault;
  const rejected = { verdict: 'rejected', code, message } as const;
  const unknown = { verdict: 'unknown', code, message } as const;
  const allAffected = { accepted: [], affected: sent, verdict: rejected, unprocessed: [] };
  const allUnprocessed = { accepted: [], affected: [], verdict: rejected, unprocessed: sent };
  const isSingle = sent.length === 1;

  switch (action) {
    case 'rejectAll':
      return allAffected;
    case 'rejectOne': {
      const isTooLarge = code === 'invalid_data' && isSingle && (sent[0]?.bytes ?? 0) > formatErrorMeansSizeBytes;
      if (isTooLarge) return { ...allAffected, verdict: { ...rejected, code: 'too_large' } };
      const at = isSingle ? 0 : rejectedAt;
      if (at === undefined || at >= sent.length) return { ...allAffected, verdict: unknown };
      return {
        accepted: sent.slice(0, at),
        affected: sent.slice(at, at + 1),
        verdict: rejected,
        unprocessed: sent.slice(at + 1),
      };
    }
    case 'tooLarge':
      return isSingle ? allAffected : { ...allUnprocessed, stop: { batch: 'tooLarge', ...fault } };
    case 'unknown':
      return { ...allAffected, verdict: unknown, stop: { batch: 'unavailable', ...fault } };
    case 'blockToken':
      return { ...allUnprocessed, block: 'token' };
    case 'blockIndex':
      return { ...allUnprocessed, block: 'index' };
    case 'blockSourcetype':
      return { ...allUnprocessed, block: 'sourcetype' };
    case 'misconfigured':
      return { ...allUnprocessed, stop: { batch: 'misconfigured', ...fault } };
    case 'slowDown':
      return { ...allUnprocessed, stop: { batch: 'unavailable', ...fault, slowDown: true } };
    case 'wait':
      return { ...allUnprocessed, stop: { batch: 'unavailable', ...fault } };
  }
}
