// The Splunk destination: events by HTTP Event Collector, each with its own verdict.
import { type Destination, type DestinationContext, defineDestination } from '@xiq-siem/core';
import { type AckDesk, createAckDesk } from './ack-desk.ts';
import { checkHec } from './check.ts';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { createHecClient } from './hec-client.ts';
import { type HecCode, hecCodes } from './hec-codes.ts';
import { occasionally } from './occasionally.ts';
import { createRoutes, type TokenSlot } from './routes.ts';
import { createBatchSender } from './send-batch.ts';

export const splunkHecDestination = defineDestination({
  type: 'splunk-hec',
  assurance: 'accepted',
  codes: hecCodes,
  configSchema: splunkHecConfig,
  create: async (config, context) => createSplunkHecDestination(config, context),
});

/** Characters beyond which Splunk finds no fields by itself (`maxchars`), and beyond which it cuts (`TRUNCATE`). */
const splunkLimits = [5_000, 10_000] as const;
const hourMs = 3_600_000;
const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Opens no connection before the first batch. */
export function createSplunkHecDestination(config: SplunkHecConfig, context: DestinationContext): Destination<HecCode> {
  const { log, meter, name, now } = context;
  const routes = createRoutes(config, context);
  const client = createHecClient(config, context);
  const include = new Set(config.include);
  const desks = new Map<TokenSlot, AckDesk>();
  warnOfRisks(config, context);

  if (config.ack) {
    const times = { pollMs: config.ackPollMs, timeoutMs: config.ackTimeoutMs };
    for (const token of routes.tokens) {
      const ask: Parameters<typeof createAckDesk>[0]['ask'] = (...question) => client.acks(token, ...question);
      desks.set(token, createAckDesk({ ...times, now, ask }));
    }
  }
  const warnOfLong = occasionally(now, hourMs, (characters: number, events) =>
    log.warn('destination.long_events', { characters, events, advice: 'raise TRUNCATE and maxchars in Splunk' }),
  );
  const warnOfNoAck = occasionally(now, hourMs, (_: 'ack_disabled', events) =>
    log.warn('destination.ack_disabled', {
      events,
      advice: 'turn acknowledgement on for the token, or set ack: false',
    }),
  );
  const countLong = (envelopes: readonly Envelope[]) => {
    for (const limit of splunkLimits) {
      const long = envelopes.filter(({ eventLength }) => eventLength > limit).length;
      if (long === 0) continue;
      meter.add('xiq_siem.destination.long_events', long, { destination: name, limit: String(limit) });
      warnOfLong(limit, long);
    }
  };

  return {
    assurance: config.ack ? 'indexed' : 'accepted',
    deliver: createBatchSender({
      ...{ client, routes, maxBodyBytes: config.maxBodyBytes, desks },
      envelopes: ({ items }) => items.map((item) => envelopeOf(item, routes.of(item.dataset), include)),
      onTaken: countLong,
      onNoAck: (envelopes) => warnOfNoAck('ack_disabled', envelopes.length),
    }),
    check: (signal) => checkHec(config, client, routes, signal),
    async close() {
      for (const desk of desks.values()) desk.close();
      client.close();
    },
  };
}

function warnOfRisks({ url, ack, verifyTls }: SplunkHecConfig, { log }: DestinationContext): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !loopback.test(hostname))
    log.warn('destination.not_encrypted', { advice: 'the token is readable on the way' });
  if (protocol === 'https:' && !verifyTls)
    log.warn('destination.tls_not_verified', { advice: 'anybody on the way can read the token' });
  if (ack && hostname.endsWith('.splunkcloud.com')) {
    const advice = 'Splunk Cloud supports acknowledgement for Amazon Firehose only, and its load balancer may lose it';
    log.warn('destination.ack_on_splunk_cloud', { advice });
  }
}
