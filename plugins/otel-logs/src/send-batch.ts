// One batch to its verdicts: mostly by one request, by several where the server refuses some events of it.
import { type Batch, type BatchFault, createReportBuilder, type DeliveryReport } from '@xiq-siem/core';
import type { Caution } from './caution.ts';
import type { Entry } from './log-record.ts';
import type { OtlpClient } from './otlp-client.ts';
import type { OtelCode, Outcome } from './outcome.ts';

export interface BatchSenderOptions {
  readonly send: OtlpClient['export'];
  readonly entries: (batch: Batch) => readonly Entry[];
  readonly caution: Caution;
  readonly warn: (message: string) => void;
}

type Group = readonly Entry[];

/** Requests for one batch. What is left is sent another time, in smaller batches: of 32 events each gets a verdict. */
const maxRequests = 64;

export function createBatchSender({ send, entries, caution, warn }: BatchSenderOptions) {
  return async (batch: Batch, signal: AbortSignal): Promise<DeliveryReport<OtelCode>> => {
    const all = entries(batch);
    const builder = createReportBuilder<OtelCode>(batch);
    let untried: Group = all;
    // Halves of refused requests, the largest first: whatever the limit, the whole batch is looked through evenly.
    const suspects: Group[] = [];
    let isPartlyDelivered = false;
    let stop: BatchFault<OtelCode> | undefined;

    /** Writes what the outcome means for these events, and returns why the rest of the batch has to wait, if it has. */
    const settle = (outcome: Outcome, group: Group): BatchFault<OtelCode> | undefined => {
      if (outcome.kind === 'taken') {
        caution.passedWhole();
        if (outcome.warning !== '') warn(outcome.warning);
        isPartlyDelivered = true;
        builder.setVerdict(group, { verdict: 'delivered' });
        return undefined;
      }
      if (outcome.kind === 'partial') {
        builder.setVerdict(group, { verdict: 'rejected', ...partialFault(outcome, group) });
        return undefined;
      }
      const { kind, ...fault } = outcome;
      const { code, message } = fault;
      // Several requests took too long together: that is no fault of the events that are left.
      if (code === 'timed_out' && isPartlyDelivered) builder.slowDown();
      if (kind === 'unavailable' || kind === 'misconfigured') return { batch: kind, ...fault };
      if (kind === 'tooLarge' && group.length > 1) return { batch: kind, ...fault };
      builder.setVerdict(group, { verdict: kind === 'unknown' ? 'unknown' : 'rejected', code, message });
      return kind === 'unknown' ? { batch: 'unavailable', ...fault } : undefined;
    };

    for (let requests = 0; stop === undefined && untried.length + suspects.length > 0; requests++) {
      if (requests === maxRequests) stop = tooMany;
      else {
        let group = suspects.shift();
        if (group === undefined) {
          group = untried.slice(0, caution.size());
          untried = untried.slice(group.length);
        }
        const records = group.map(({ record }) => record);
        const outcome = await send(records, signal);
        if (isSplit(outcome, group, all)) suspects.push(...halves(group));
        else stop = settle(outcome, group);
      }
    }
    return builder.build(stop);
  };

  function partialFault({ rejected, message: said }: Outcome & { readonly kind: 'partial' }, { length }: Group) {
    const reason = said === '' ? 'the server gives no reason' : said;
    if (rejected >= length) {
      caution.rejectedAll();
      return { code: 'rejected', message: reason } as const;
    }
    caution.rejectedSome();
    const message = `${rejected} of ${length} events of one request rejected, the server does not say which: ${reason}`;
    warn(message);
    return { code: 'partial_unknown', message } as const;
  }
}

const tooMany = {
  batch: 'unavailable',
  code: 'not_sent',
  message: `not settled yet: ${maxRequests} requests were not enough to find the events that the server refuses`,
  slowDown: true,
} as const;

/** A whole batch that is too large is for the engine to divide, which learns from it to send less at once. */
function isSplit(outcome: Outcome, group: Group, all: Group): boolean {
  if (group.length === 1) return false;
  return outcome.kind === 'badData' || (outcome.kind === 'tooLarge' && group.length < all.length);
}

function halves(group: Group): readonly Group[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}
