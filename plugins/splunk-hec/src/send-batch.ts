// A batch as requests: one lane after the other, each until all of it is settled, held or stopped.
import { type Batch, type BatchFault, createReportBuilder, type DeliveryReport } from '@xiq-siem/core';
import type { AckOutcome, AckTracker } from './ack-tracker.ts';
import { consequenceOf } from './consequence.ts';
import type { Envelope, Envelopes } from './envelope.ts';
import type { HecClient } from './hec-client.ts';
import type { HecCode } from './hec-codes.ts';
import type { HecFault } from './hec-response.ts';
import type { Routes, Scope, TokenSlot } from './routes.ts';

export interface BatchSenderOptions {
  readonly client: HecClient;
  readonly routes: Routes;
  readonly maxBodyBytes: number;
  /** By token; none: events count as delivered when they are taken. */
  readonly ackTrackers: ReadonlyMap<TokenSlot, AckTracker>;
  readonly envelopes: (batch: Batch) => Envelopes;
  /** Told of every event that was taken. */
  readonly onTaken: (envelopes: Envelopes) => void;
  /** Told of events that were taken by a token that acknowledges nothing, although it should. */
  readonly onNoAck: (envelopes: Envelopes) => void;
}

export function createBatchSender({
  client,
  routes,
  maxBodyBytes,
  ackTrackers,
  onTaken,
  onNoAck,
  envelopes,
}: BatchSenderOptions) {
  return async (batch: Batch, signal: AbortSignal): Promise<DeliveryReport<HecCode>> => {
    const builder = createReportBuilder<HecCode>(batch);
    const acknowledged: Promise<void>[] = [];

    const acknowledge = async (sent: Envelopes, ackTracker: AckTracker, channel: string, ackId: number | undefined) => {
      const outcome = ackId === undefined ? 'disabled' : await ackTracker.outcome(channel, ackId, signal);
      if (outcome === 'disabled') onNoAck(sent);
      builder.setVerdict(sent, verdictOf[outcome]);
    };

    const sendAll = async (streams: readonly Envelopes[]): Promise<BatchFault<HecCode> | undefined> => {
      let stop: BatchFault<HecCode> | undefined;
      for (const stream of streams) stop ??= await sendLane(stream);
      return stop;
    };

    const sendLane = async (stream: Envelopes): Promise<BatchFault<HecCode> | undefined> => {
      let rest = stream;
      for (let first = rest[0]; first !== undefined; first = rest[0]) {
        const { token } = first.route;
        const ackTracker = ackTrackers.get(token);
        if (ackTracker?.hasRoom() === false) return ackPendingFull;
        const channel = ackTracker?.channel();
        const sent = firstBytes(rest, maxBodyBytes);
        const lines = sent.map(({ text }) => text);
        const response = await client.post(token, channel, lines, signal);
        rest = rest.slice(sent.length);

        if (response.action === 'taken') {
          onTaken(sent);
          if (response.slowDown) builder.slowDown();
          if (ackTracker === undefined || channel === undefined) builder.setVerdict(sent, delivered);
          else acknowledged.push(acknowledge(sent, ackTracker, channel, response.ackId));
          continue;
        }
        if (response.action === 'newChannel' && channel !== undefined) ackTracker?.retire(channel);
        const { taken, judged, verdict, unseen, stop, hold } = consequenceOf(response, sent);
        onTaken(taken);
        // The answer to a request of which something is refused holds no ackId.
        builder.setVerdict(taken, ackTracker === undefined ? delivered : notAcknowledged);
        builder.setVerdict(judged, verdict);
        rest = [...unseen, ...rest];
        if (stop !== undefined) return stop;
        if (hold !== undefined) return holdBack(rest, response, hold);
      }
      return undefined;
    };

    /** Only what the refusal is about is held; where that is not known, each sourcetype is asked about. */
    const holdBack = async (stream: Envelopes, { code, message, waitMs }: HecFault, scope: Scope) => {
      if (routes.coversAll(scope)) {
        return { batch: 'misconfigured', code, message, ...(waitMs !== undefined && { waitMs }) } as const;
      }
      const parts = scope === 'sourcetype' ? groups(stream, ({ route }) => route.sourcetype) : [stream];
      if (parts.length > 1) return sendAll(parts);
      builder.setVerdict(stream, { verdict: 'blocked', code, message });
      return undefined;
    };

    const stop = await sendAll(lanesOf(envelopes(batch)));
    await Promise.all(acknowledged);
    return builder.build(stop);
  };
}

/** Those that share token and index: one request, so that a refused token or index refuses all of it. */
function lanesOf(envelopes: Envelopes): readonly Envelopes[] {
  const byToken = groups(envelopes, ({ route }) => route.token);
  return byToken.flatMap((part) => groups(part, ({ route }) => route.index));
}

function groups(envelopes: Envelopes, key: (envelope: Envelope) => unknown): readonly Envelopes[] {
  return [...Map.groupBy(envelopes, key).values()];
}

/** As many from the front as fit into `maxBytes`, at least one. */
function firstBytes(envelopes: Envelopes, maxBytes: number): Envelopes {
  let bytes = 0;
  const end = envelopes.findIndex((envelope, at) => {
    bytes += envelope.bytes;
    return at > 0 && bytes > maxBytes;
  });
  return end < 0 ? envelopes : envelopes.slice(0, end);
}

const delivered = { verdict: 'delivered' } as const;
const notAcknowledged = { verdict: 'delivered', degraded: 'not_acknowledged' } as const;
const ackPendingFull = {
  batch: 'unavailable',
  code: 'ack_pending_full',
  message: 'too many requests wait for their acknowledgement',
  slowDown: true,
} as const;

const verdictOf = {
  indexed: delivered,
  disabled: { verdict: 'delivered', degraded: 'ack_disabled' },
  late: { verdict: 'unknown', code: 'ack_late', message: 'taken, but not acknowledged in time' },
  lost: { verdict: 'unknown', code: 'ack_lost', message: 'taken, but nobody can say any more whether indexed' },
} as const satisfies Record<AckOutcome, object>;
