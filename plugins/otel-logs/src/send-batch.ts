// One batch to its verdicts: mostly by one request, by several where the server refuses some events of it.
import type { Batch, DeliveryReport } from '@xiq-siem/core';
import type { Caution } from './caution.ts';
import type { Entry } from './log-record.ts';
import type { OtlpClient } from './otlp-client.ts';
import type { OtelCode, Outcome } from './outcome.ts';
import { createVerdictSheet, type Stop, type VerdictSheet } from './verdict-sheet.ts';

export interface BatchSenderOptions {
  readonly send: OtlpClient['export'];
  readonly entries: (batch: Batch) => readonly Entry[];
  readonly caution: Caution;
  readonly warn: (words: string) => void;
}

type Group = readonly Entry[];

/** Requests for one batch. What is left is sent another time, in smaller batches: of 32 events each gets a verdict. */
const maxRequests = 64;

export function createBatchSender({ send, entries, caution, warn }: BatchSenderOptions) {
  return async (batch: Batch, signal: AbortSignal): Promise<DeliveryReport<OtelCode>> => {
    const all = entries(batch);
    const sheet = createVerdictSheet(all);
    let untried: Group = all;
    // Halves of refused requests, the largest first: whatever the limit, the whole batch is looked through evenly.
    const suspects: Group[] = [];
    let stop: Stop | undefined;

    for (let requests = 0; stop === undefined && untried.length + suspects.length > 0; requests++) {
      if (requests === maxRequests) stop = tooMany;
      else {
        let group = suspects.shift();
        if (group === undefined) {
          group = untried.slice(0, caution.size());
          untried = untried.slice(group.length);
        }
        const outcome = await send(
          group.map(({ record }) => record),
          signal,
        );
        if (isSplit(outcome, group, all)) suspects.push(...halves(group));
        else stop = settle(outcome, group, sheet);
      }
    }
    return sheet.report(stop);
  };

  /** Writes what the outcome means for these events, and says whether the rest of the batch has to wait. */
  function settle(outcome: Outcome, group: Group, sheet: VerdictSheet): Stop | undefined {
    if (outcome.kind === 'taken') {
      caution.passedWhole();
      if (outcome.warning !== '') warn(outcome.warning);
      sheet.set(group, { verdict: 'delivered' });
      return undefined;
    }
    if (outcome.kind === 'partial') {
      settlePartial(outcome, group, sheet);
      return undefined;
    }
    const { kind, ...fault } = outcome;
    const { code, message } = fault;
    // Several requests took too long together: that is no fault of the events that are left.
    const pace = code === 'aborted' && sheet.delivered() > 0 ? ({ slowDown: true } as const) : {};
    if (kind === 'unavailable' || kind === 'misconfigured') return { word: kind, ...fault, ...pace };
    if (kind === 'unknown') {
      sheet.set(group, { verdict: 'unknown', code, message });
      return { word: 'unavailable', ...fault, ...pace };
    }
    if (kind === 'tooLarge' && group.length > 1) return { word: 'tooLarge', ...fault };
    sheet.set(group, { verdict: 'rejected', code, message });
    return undefined;
  }

  function settlePartial(outcome: Outcome & { readonly kind: 'partial' }, group: Group, sheet: VerdictSheet): void {
    const words = outcome.message === '' ? 'the server gives no reason' : outcome.message;
    if (outcome.rejected >= group.length) {
      caution.rejectedAll();
      sheet.set(group, { verdict: 'rejected', code: 'rejected', message: words });
      return;
    }
    caution.rejectedSome();
    const count = `${outcome.rejected} of ${group.length} events of one request`;
    const message = `${count} rejected, the server does not say which: ${words}`;
    warn(message);
    sheet.set(group, { verdict: 'rejected', code: 'partial_unknown', message });
  }
}

const tooMany: Stop = {
  word: 'unavailable',
  code: 'not_sent',
  message: `not settled yet: ${maxRequests} requests were not enough to find the events that the server refuses`,
  slowDown: true,
};

/** A whole batch that is too large is for the engine to divide, which learns from it to send less at once. */
function isSplit(outcome: Outcome, group: Group, all: Group): boolean {
  if (group.length === 1) return false;
  return outcome.kind === 'badData' || (outcome.kind === 'tooLarge' && group.length < all.length);
}

function halves(group: Group): readonly Group[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(0, middle), group.slice(middle)];
}
