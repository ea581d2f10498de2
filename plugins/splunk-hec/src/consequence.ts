// What a refusal means for each of the envelopes that were sent.
import type { BatchFault, Verdict } from '@xiq-siem/core';
import type { Envelopes } from './envelope.ts';
import type { HecCode } from './hec-codes.ts';
import type { HecFault } from './hec-response.ts';
import type { Scope } from './routes.ts';

export interface Consequence {
  /** Those that were taken before the refused one. */
  readonly taken: Envelopes;
  readonly judged: Envelopes;
  /** Of those `judged`. */
  readonly verdict: Verdict<HecCode>;
  /** Those that HEC did not look at: sending them is no second attempt. */
  readonly unseen: Envelopes;
  /** Why nothing more is sent. */
  readonly stop?: BatchFault<HecCode>;
  /** Those unseen, and all that share this with them, wait for a person. */
  readonly hold?: Scope;
}

/** Splunk Cloud calls a larger body badly formatted. */
const formatErrorMeansSizeBytes = 5_242_880;

export function consequenceOf({ action, at, ...fault }: HecFault, sent: Envelopes): Consequence {
  const { code, message } = fault;
  const rejected = { verdict: 'rejected', code, message } as const;
  const unknown = { verdict: 'unknown', code, message } as const;
  const allJudged = { taken: [], judged: sent, verdict: rejected, unseen: [] };
  const allUnseen = { taken: [], judged: [], verdict: rejected, unseen: sent };
  const isAlone = sent.length === 1;

  switch (action) {
    case 'rejectAll':
      return allJudged;
    case 'rejectOne': {
      const isTooLarge = code === 'invalid_data' && isAlone && (sent[0]?.bytes ?? 0) > formatErrorMeansSizeBytes;
      if (isTooLarge) return { ...allJudged, verdict: { ...rejected, code: 'too_large' } };
      const refused = isAlone ? 0 : at;
      if (refused === undefined || refused >= sent.length) return { ...allJudged, verdict: unknown };
      return {
        taken: sent.slice(0, refused),
        judged: sent.slice(refused, refused + 1),
        verdict: rejected,
        unseen: sent.slice(refused + 1),
      };
    }
    case 'tooLarge':
      return isAlone ? allJudged : { ...allUnseen, stop: { batch: 'tooLarge', ...fault } };
    case 'unknown':
      return { ...allJudged, verdict: unknown, stop: { batch: 'unavailable', ...fault } };
    case 'holdToken':
      return { ...allUnseen, hold: 'token' };
    case 'holdIndex':
      return { ...allUnseen, hold: 'index' };
    case 'holdSourcetype':
      return { ...allUnseen, hold: 'sourcetype' };
    case 'fix':
      return { ...allUnseen, stop: { batch: 'misconfigured', ...fault } };
    case 'slow':
      return { ...allUnseen, stop: { batch: 'unavailable', ...fault, slowDown: true } };
    case 'newChannel':
    case 'wait':
      return { ...allUnseen, stop: { batch: 'unavailable', ...fault } };
  }
}
