// Sends a batch as requests, one after the other, until each event has its verdict or a fault stops the batch.
import {
  type Batch,
  type BatchFault,
  createReportBuilder,
  type DeliveryAttempt,
  type DeliveryReport,
} from '@xiq-siem/core';
import type { AckChannel, AckOutcome, AckTracker } from './ack-tracker.ts';
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
  /** By token. Empty: events are delivered as soon as HEC accepts them. */
  readonly ackTrackers: ReadonlyMap<TokenSlot, AckTracker>;
  readonly envelopes: (batch: Batch) => Envelopes;
  /** Called with all accepted events. */
  readonly onAccepted: (envelopes: Envelopes) => void;
  /** Called with the number of events that HEC accepted and cannot acknowledge, although `ack` is configured. */
  readonly onNoAck: (outcome: 'disabled' | 'unsupported', events: number) => void;
}

export function createBatchSender({
  client,
  routes,
  maxBodyBytes,
  ackTrackers,
  onAccepted,
  onNoAck,
  envelopes,
}: BatchSenderOptions) {
  return async (batch: Batch, signal: AbortSignal, attempt?: DeliveryAttempt): Promise<DeliveryReport<HecCode>> => {
    const builder = createReportBuilder<HecCode>(batch);
    const acknowledged: Promise<void>[] = [];

    const acknowledge = async (
      sent: Envelopes,
      ackTracker: AckTracker,
      channel: AckChannel,
      ackId: number | undefined,
    ) => {
      const outcome = await ackTracker.outcome(channel, ackId, signal);
      if (outcome === 'disabled' || outcome === 'unsupported') onNoAck(outcome, sent.length);
      builder.setVerdict(sent, verdictOf[outcome]);
    };

    const sendGroups = async (groups: readonly Envelopes[]): Promise<BatchFault<HecCode> | undefined> => {
      let stop: BatchFault<HecCode> | undefined;
      for (const group of groups) stop ??= await sendGroup(group);
      return stop;
    };

    const sendGroup = async (group: Envelopes): Promise<BatchFault<HecCode> | undefined> => {
      let rest = group;
      for (let first = rest[0]; first !== undefined; first = rest[0]) {
        const { token } = first.route;
        const ackTracker = ackTrackers.get(token);
        const sent = firstBytes(rest, maxBodyBytes);
        const lines = sent.map(({ text }) => text);
        const post = async (channel?: AckChannel) => {
          return { channel, response: await client.post(token, channel, lines, signal) };
        };
        const posted = await (ackTracker === undefined ? post() : ackTracker.withChannel(post));
        if (posted === undefined) return ackBacklogFull;
        const { channel, response } = posted;
        rest = rest.slice(sent.length);

        if (response.action === 'accepted') {
          onAccepted(sent);
          if (response.slowDown) builder.slowDown();
          if (ackTracker === undefined || channel === undefined) builder.setVerdict(sent, delivered);
          else acknowledged.push(acknowledge(sent, ackTracker, channel, response.ackId));
          continue;
        }
        const { accepted, affected, verdict, unprocessed, stop, block } = consequenceOf(response, sent);
        onAccepted(accepted);
        // A response that rejects an event contains no ackId.
        builder.setVerdict(accepted, ackTracker === undefined ? delivered : notAcknowledged);
        builder.setVerdict(affected, verdict);
        rest = [...unprocessed, ...rest];
        if (stop !== undefined) return stop;
        if (block !== undefined) return blockGroup(rest, response, block);
      }
      return undefined;
    };

    /** Blocks only the affected events. If several sourcetypes may be affected, sends a request for each. */
    const blockGroup = async (group: Envelopes, { code, message, waitMs }: HecFault, scope: Scope) => {
      if (routes.coversAll(scope)) {
        return { batch: 'misconfigured', code, message, ...(waitMs !== undefined && { waitMs }) } as const;
      }
      const parts = scope === 'sourcetype' ? groupsBy(group, ({ route }) => route.sourcetype) : [group];
      if (parts.length > 1) return sendGroups(parts);
      builder.setVerdict(group, { verdict: 'blocked', code, message });
      return undefined;
    };

    const stop = await sendGroups(requestGroups(envelopes(batch)));
    if (acknowledged.length > 0) attempt?.onlyConfirmationLeft();
    await Promise.all(acknowledged);
    return builder.build(stop);
  };
}

/** One group for each token and index: a response that rejects the token or the index then concerns a whole request. */
function requestGroups(envelopes: Envelopes): readonly Envelopes[] {
  const byToken = groupsBy(envelopes, ({ route }) => route.token);
  return byToken.flatMap((part) => groupsBy(part, ({ route }) => route.index));
}

function groupsBy(envelopes: Envelopes, key: (envelope: Envelope) => unknown): readonly Envelopes[] {
  return [...Map.groupBy(envelopes, key).values()];
}

/** The first envelopes that fit in `maxBytes`, at least one. */
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
const ackBacklogFull = {
  batch: 'unavailable',
  code: 'ack_backlog_full',
  message: 'too many requests wait for their acknowledgement',
  slowDown: true,
} as const;

const verdictOf = {
  indexed: delivered,
  disabled: { verdict: 'delivered', degraded: 'ack_disabled' },
  unsupported: { verdict: 'delivered', degraded: 'ack_unsupported' },
  timeout: {
    verdict: 'unknown',
    code: 'ack_timeout',
    message:
      'accepted, but not acknowledged within `ackTimeoutMs`: check the indexers; behind a load balancer, turn on session stickiness; or set `ack: false`',
  },
  lost: {
    verdict: 'unknown',
    code: 'ack_lost',
    message: 'accepted, but the server lost the acknowledgement, for example in a restart',
  },
} as const satisfies Record<AckOutcome, object>;
