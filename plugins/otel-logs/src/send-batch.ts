// Sends one batch and collects its verdicts: one request mostly, several if the server rejects some events.
import { type Batch, type BatchFault, createReportBuilder, type DeliveryReport } from '@xiq-siem/core';
import type { Entry } from './log-record.ts';
import type { OtlpClient } from './otlp-client.ts';
import type { OtelCode, Outcome } from './outcome.ts';
import type { RequestSize } from './request-size.ts';

export interface BatchSenderOptions {
  readonly send: OtlpClient['export'];
  readonly entries: (batch: Batch) => readonly Entry[];
  readonly requestSize: RequestSize;
  readonly warn: (message: string) => void;
}

type Group = readonly Entry[];

/** Requests for one batch. The engine sends the rest again in smaller batches; 32 events always get their verdicts. */
const maxRequests = 64;

export function createBatchSender({ send, entries, requestSize, warn }: BatchSenderOptions) {
  return async (batch: Batch, signal: AbortSignal): Promise<DeliveryReport<OtelCode>> => {
    const all = entries(batch);
    const builder = createReportBuilder<OtelCode>(batch);
    let unsent: Group = all;
    // Halves of rejected requests, in order of size: the request limit then covers the whole batch evenly.
    const rejectedHalves: Group[] = [];
    let isPartlyDelivered = false;
    let stop: BatchFault<OtelCode> | undefined;

    /** Sets the verdicts of these events. Returns a fault if the rest of the batch must wait. */
    const applyOutcome = (outcome: Outcome, group: Group): BatchFault<OtelCode> | undefined => {
      if (outcome.kind === 'accepted') {
        requestSize.onAccepted();
        if (outcome.warning !== '') warn(outcome.warning);
        isPartlyDelivered = true;
        builder.setVerdict(group, { verdict: 'delivered' });
        return undefined;
      }
      if (outcome.kind === 'partlyRejected') {
        builder.setVerdict(group, { verdict: 'rejected', ...rejectionOf(outcome, group) });
        return undefined;
      }
      const { kind, ...fault } = outcome;
      const { code, message } = fault;
      // The earlier requests of this batch used up its time: send fewer events at once.
      if (code === 'timed_out' && isPartlyDelivered) builder.slowDown();
      if (kind === 'unavailable' || kind === 'misconfigured') return { batch: kind, ...fault };
      if (kind === 'tooLarge' && group.length > 1) return { batch: kind, ...fault };
      builder.setVerdict(group, { verdict: kind === 'unknown' ? 'unknown' : 'rejected', code, message });
      return kind === 'unknown' ? { batch: 'unavailable', ...fault } : undefined;
    };

    for (let requests = 0; stop === undefined && unsent.length + rejectedHalves.length > 0; requests++) {
      if (requests === maxRequests) stop = splitLimitReached;
      else {
        let group = rejectedHalves.shift();
        if (group === undefined) {
          group = unsent.slice(0, requestSize.maxEvents());
          unsent = unsent.slice(group.length);
        }

        const outcome = await send(group, signal);
        if (mustSplit(outcome, group, all)) rejectedHalves.push(...halves(group));
        else stop = applyOutcome(outcome, group);
      }
    }
    return builder.build(stop);
  };

  function rejectionOf({ rejected, message: text }: Outcome & { readonly kind: 'partlyRejected' }, { length }: Group) {
    const reason = text === '' ? 'the server gives no reason' : text;
    if (rejected >= length) {
      requestSize.onRejected();
      return { code: 'event_rejected', message: reason } as const;
    }
    requestSize.onPartlyRejected();
    const message = `${rejected} of ${length} events of one request rejected, the server does not say which: ${reason}`;
    warn(message);
    return { code: 'partial_rejection', message } as const;
  }
}

const splitLimitReached = {
  batch: 'unavailable',
  code: 'split_limit_reached',
  message: `the server rejects too many events of this batch: ${maxRequests} requests did not identify all of them`,
  slowDown: true,
} as const;

/** The engine splits a batch that is too large as a whole, and then sends smaller batches. */
function mustSplit(outcome: Outcome, group: Group, all: Group): boolean {
  if (group.length === 1) return false;
  return outcome.kind === 'badRequest' || (outcome.kind === 'tooLarge' && group.length < all.length);
}

function halves(group: Group): readonly Group[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}
