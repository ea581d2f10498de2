// The Splunk destination: events by HTTP Event Collector, each with its own verdict.
import {
  type CheckResult,
  createRateLimitedReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  type MetricTable,
  warnIfInsecure,
} from '@xiq-siem/core';
import { type AckTracker, createAckTracker } from './ack-tracker.ts';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { createHecClient, type HecClient, newChannel } from './hec-client.ts';
import { type HecCode, hecCodes } from './hec-codes.ts';
import { readResponse } from './hec-response.ts';
import { createRoutes, type Routes, type TokenSlot } from './routes.ts';
import { createBatchSender } from './send-batch.ts';

const metrics = {
  long_events: {
    help: "Splunk: events that were taken but are longer than a limit of Splunk's searches.",
    unit: '{event}',
    attributes: ['limit'],
  },
} as const satisfies MetricTable;

export const splunkHecDestination = defineDestination({
  type: 'splunk-hec',
  assurance: 'accepted',
  codes: hecCodes,
  metrics,
  configSchema: splunkHecConfig,
  create: async (config, context) => createSplunkHecDestination(config, context),
});

/** Characters beyond which Splunk finds no fields by itself (`maxchars`), and beyond which it cuts (`TRUNCATE`). */
const splunkLimits = [5_000, 10_000] as const;
const hourMs = 3_600_000;

/** Opens no connection before the first batch. */
export function createSplunkHecDestination(
  config: SplunkHecConfig,
  context: DestinationContext<keyof typeof metrics>,
): Destination<HecCode> {
  const { log, meter, now } = context;
  const { ack, ackPollMs: pollMs, ackTimeoutMs: timeoutMs, maxBodyBytes } = config;
  const routes = createRoutes(config, context);
  const client = createHecClient(config, context);
  const include = new Set(config.include);
  const ackTrackers = new Map<TokenSlot, AckTracker>();
  warnIfInsecure({ ...config, secrets: true }, context);
  if (ack && new URL(config.url).hostname.endsWith('.splunkcloud.com')) {
    const advice = 'Splunk Cloud supports acknowledgement for Amazon Firehose only, and its load balancer may lose it';
    log.warn('destination.ack_on_splunk_cloud', { advice });
  }
  for (const token of ack ? routes.tokens : []) {
    const ask: Parameters<typeof createAckTracker>[0]['ask'] = (...question) => client.acks(token, ...question);
    ackTrackers.set(token, createAckTracker({ pollMs, timeoutMs, now, ask }));
  }
  const limits = splunkLimits.map((characters) => {
    const warn = createRateLimitedReport(now, hourMs, (_: undefined, events) =>
      log.warn('destination.long_events', { characters, events, advice: 'raise TRUNCATE and maxchars in Splunk' }),
    );
    return { characters, warn };
  });
  const warnOfNoAck = createRateLimitedReport(now, hourMs, (_: undefined, events) => {
    const advice = 'turn acknowledgement on for the token, or set ack: false';
    log.warn('destination.ack_disabled', { events, advice });
  });
  const countLong = (envelopes: readonly Envelope[]) => {
    for (const { characters, warn } of limits) {
      const long = envelopes.filter(({ eventLength }) => eventLength > characters).length;
      if (long === 0) continue;
      meter.add('long_events', long, { limit: String(characters) });
      warn(undefined, long);
    }
  };

  return {
    assurance: ack ? 'indexed' : 'accepted',
    deliver: createBatchSender({
      client,
      routes,
      maxBodyBytes,
      ackTrackers,
      envelopes: ({ items }) => items.map((item) => envelopeOf(item, routes.of(item.dataset), include)),
      onTaken: countLong,
      onNoAck: (envelopes) => warnOfNoAck(undefined, envelopes.length),
    }),
    check: (signal) => checkHec(config, client, routes, signal),
    async close() {
      for (const ackTracker of ackTrackers.values()) ackTracker.close();
      client.close();
    },
  };
}

/** Asks whether the event collector would take events, without sending one. */
async function checkHec(
  { url, ack }: SplunkHecConfig,
  client: HecClient,
  { tokens, indexes }: Routes,
  signal: AbortSignal,
): Promise<CheckResult> {
  const no = (message: string): CheckResult => ({ ok: false, message: `${url}: ${message}` });

  const health = await client.health(signal);
  const isDown = health.kind === 'failed' || health.status >= 500;
  const healthResponse = readResponse(health, 0, []);
  if (isDown && healthResponse.action !== 'taken') return no(healthResponse.message);
  for (const [number, token] of tokens.entries()) {
    const which = tokens.length === 1 ? 'the token' : `token ${number + 1} of ${tokens.length}`;
    const channel = ack ? newChannel() : undefined;
    const response = await client.post(token, channel, [], signal);
    // An empty request that is refused for being empty has passed everything else.
    if (response.action !== 'taken' && response.code !== 'no_data') {
      const isOfToken = response.action === 'holdToken' && response.code !== 'no_token';
      return no(isOfToken || tokens.length > 1 ? `${which}: ${response.message}` : response.message);
    }
    if (channel === undefined) continue;
    const reply = await client.acks(token, channel, [0], signal);
    if (reply.kind === 'disabled') return no(`${which} allows no acknowledgement: set ack: false, or turn it on`);
    if (reply.kind === 'none') return no(`${which}: no answer about acknowledgements: ${reply.message}`);
  }
  const named = indexes.filter((index) => index !== undefined).map((index) => `"${index}"`);
  const open =
    named.length === 0 ? '' : `; whether it may write to index ${named.join(', ')} shows with the first event`;
  return { ok: true, message: `${url} is there and takes the token${tokens.length > 1 ? 's' : ''}${open}` };
}
