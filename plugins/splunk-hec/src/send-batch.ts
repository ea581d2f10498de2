// A batch as requests: one lane after the other, and what the answers mean for each event.
import type { Batch, DeliveryReport } from '@xiq-siem/core';
import type { AckDesk, AckOutcome } from './ack-desk.ts';
import type { Envelope } from './envelope.ts';
import type { HecFault } from './hec-answer.ts';
import type { HecClient } from './hec-client.ts';
import type { HecCode } from './hec-codes.ts';
import type { Routes, Scope, TokenSlot } from './routes.ts';
import { createVerdictSheet, type Stop } from './verdict-sheet.ts';

export interface BatchSenderOptions {
  readonly client: HecClient;
  readonly routes: Routes;
  readonly maxBodyBytes: number;
  /** By token; none: events count as delivered when they are taken. */
  readonly desks: ReadonlyMap<TokenSlot, AckDesk>;
  readonly envelopes: (batch: Batch) => readonly Envelope[];
  /** Told of every event that was taken. */
  readonly onTaken: (envelopes: readonly Envelope[]) => void;
  /** Told of events that were taken by a token that acknowledges nothing, although it should. */
  readonly onNoAck: (envelopes: readonly Envelope[]) => void;
}

export type SendBatch = (batch: Batch, signal: AbortSignal) => Promise<DeliveryReport<HecCode>>;

/** Splunk Cloud calls a larger body badly formatted. */
const formatErrorMeansSizeBytes = 5_242_880;

export function createBatchSender(options: BatchSenderOptions): SendBatch {
  const { client, routes, maxBodyBytes, desks, onTaken } = options;

  return async (batch, signal) => {
    const sheet = createVerdictSheet(batch);
    const acknowledged: Promise<void>[] = [];
    let stop: Stop | undefined;
    // All that goes into one request shares token and index, so that a refused index refuses the whole request.
    for (const lane of groups(
      options.envelopes(batch),
      ({ route }) => route.token,
      ({ route }) => route.index,
    )) {
      stop ??= await sendLane(lane);
    }
    await Promise.all(acknowledged);
    return sheet.report(stop);

    async function sendLane(lane: readonly Envelope[]): Promise<Stop | undefined> {
      let rest = lane;
      for (let first = rest[0]; first !== undefined; first = rest[0]) {
        if (signal.aborted) return { word: 'unavailable', fault: aborted };
        const { token } = first.route;
        const desk = desks.get(token);
        if (desk?.hasRoom() === false) return { word: 'unavailable', fault: ackPendingFull, slowDown: true };
        const channel = desk?.channel();
        const sent = firstBytes(rest, maxBodyBytes);
        const answer = await client.post(
          token,
          channel,
          sent.map(({ text }) => text),
          signal,
        );
        rest = rest.slice(sent.length);

        if (answer.action === 'taken') {
          onTaken(sent);
          if (answer.slowDown) sheet.slowDown();
          acknowledged.push(acknowledge(sent, desk, channel, answer.ackId));
          continue;
        }
        const { code, message } = answer;
        const refused = sent.length === 1 ? sent[0] : sent[answer.at ?? -1];
        switch (answer.action) {
          case 'rejectAll':
            sheet.set(sent, { verdict: 'rejected', code, message });
            break;
          case 'rejectOne': {
            if (code === 'invalid_data' && bytesOf(sent) > formatErrorMeansSizeBytes) return tooLarge(sent, answer);
            if (refused === undefined) {
              sheet.set(sent, { verdict: 'unknown', code, message });
              break;
            }
            const before = sent.slice(0, sent.indexOf(refused));
            onTaken(before);
            sheet.set(before, desk === undefined ? delivered : notAcknowledged);
            sheet.set([refused], { verdict: 'rejected', code, message });
            // Not looked at yet, so this is no second attempt of theirs.
            rest = [...sent.slice(before.length + 1), ...rest];
            break;
          }
          case 'tooLarge': {
            const stop = tooLarge(sent, answer);
            if (stop !== undefined) return stop;
            break;
          }
          case 'unknown':
            sheet.set(sent, { verdict: 'unknown', code, message });
            return { word: 'unavailable', fault: answer };
          case 'newChannel':
            if (channel !== undefined) desk?.retire(channel);
            return { word: 'unavailable', fault: answer };
          case 'holdToken':
          case 'holdIndex':
          case 'holdSourcetype':
            return hold([...sent, ...rest], answer, scopes[answer.action]);
          case 'mend':
            return { word: 'misconfigured', fault: answer };
          case 'wait':
            return { word: 'unavailable', fault: answer };
          case 'slow':
            return { word: 'unavailable', fault: answer, slowDown: true };
        }
      }
      return undefined;
    }

    /** Only what the refusal is about is held; where that is not known, each sourcetype is asked about. */
    async function hold(lane: readonly Envelope[], fault: HecFault, scope: Scope): Promise<Stop | undefined> {
      if (routes.coversAll(scope)) return { word: 'misconfigured', fault };
      const parts = scope === 'sourcetype' ? groups(lane, ({ route }) => route.sourcetype) : [lane];
      if (parts.length === 1) {
        sheet.set(lane, { verdict: 'held', code: fault.code, message: fault.message });
        return undefined;
      }
      let stop: Stop | undefined;
      for (const part of parts) stop ??= await sendLane(part);
      return stop;
    }

    function tooLarge(sent: readonly Envelope[], fault: HecFault): Stop | undefined {
      if (sent.length > 1) return { word: 'tooLarge', fault: { ...fault, code: 'too_large' } };
      sheet.set(sent, { verdict: 'rejected', code: 'too_large', message: fault.message });
      return undefined;
    }

    async function acknowledge(
      sent: readonly Envelope[],
      desk: AckDesk | undefined,
      channel: string | undefined,
      ackId: number | undefined,
    ): Promise<void> {
      if (desk === undefined || channel === undefined) return sheet.set(sent, delivered);
      const outcome = ackId === undefined ? 'disabled' : await desk.outcome(channel, ackId, signal);
      if (outcome === 'disabled') options.onNoAck(sent);
      sheet.set(sent, verdictOf[outcome]);
    }
  };
}

const delivered = { verdict: 'delivered' } as const;
const notAcknowledged = { verdict: 'delivered', degraded: 'not_acknowledged' } as const;
const scopes = { holdToken: 'token', holdIndex: 'index', holdSourcetype: 'sourcetype' } as const;
const aborted: HecFault = { action: 'wait', code: 'aborted', message: 'the time for this batch was over' };
const ackPendingFull: HecFault = {
  action: 'slow',
  code: 'ack_pending_full',
  message: 'too many requests wait for their acknowledgement',
};

const verdictOf = {
  indexed: delivered,
  disabled: { verdict: 'delivered', degraded: 'ack_disabled' },
  late: { verdict: 'unknown', code: 'ack_late', message: 'taken, but not acknowledged in time' },
  lost: { verdict: 'unknown', code: 'ack_lost', message: 'taken, but nobody can say any more whether indexed' },
} as const satisfies Record<AckOutcome, object>;

function bytesOf(envelopes: readonly Envelope[]): number {
  return envelopes.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** As many from the front as fit, at least one. */
function firstBytes(envelopes: readonly Envelope[], maxBytes: number): readonly Envelope[] {
  let bytes = 0;
  const end = envelopes.findIndex((envelope, at) => {
    bytes += envelope.bytes;
    return at > 0 && bytes > maxBytes;
  });
  return end < 0 ? envelopes : envelopes.slice(0, end);
}

/** Those that agree in all keys, in the order of their first. */
function groups(
  envelopes: readonly Envelope[],
  ...keys: readonly ((envelope: Envelope) => unknown)[]
): readonly (readonly Envelope[])[] {
  return keys.reduce<readonly (readonly Envelope[])[]>(
    (parts, key) => parts.flatMap((part) => [...Map.groupBy(part, key).values()]),
    [envelopes],
  );
}
