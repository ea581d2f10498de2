// The Splunk destination: sends events to the HTTP Event Collector, with a verdict for each event.
import {
  type CheckResult,
  createRateLimitedReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  type MetricTable,
  warnIfInsecure,
} from '@xiq-siem/core';
import { type AckChannel, type AckTracker, type AckTrackerOptions, createAckTracker } from './ack-tracker.ts';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { type Envelope, envelopeOf } from './envelope.ts';
import { createHecClient, type HecClient } from './hec-client.ts';
import { degradedAdvice, type HecCode, hecCodes } from './hec-codes.ts';
import { readResponse } from './hec-response.ts';
import { createRoutes, type Routes, type TokenSlot } from './routes.ts';
import { createBatchSender } from './send-batch.ts';

const metrics = {
  long_events: {
    help: 'Splunk: accepted events that are longer than a Splunk limit.',
    unit: '{event}',
    attributes: ['limit'],
  },
} as const satisfies MetricTable;

export const splunkHecDestination = defineDestination({
  type: 'splunk-hec',
  assurance: 'accepted',
  codes: hecCodes,
  degraded: degradedAdvice,
  metrics,
  configSchema: splunkHecConfig,
  create: async (config, context) => createSplunkHecDestination(config, context),
});

/** Characters: beyond the first limit Splunk extracts no fields (`maxchars`), beyond the second it truncates (`TRUNCATE`). */
const splunkLimits = [5_000, 10_000] as const;
const hourMs = 3_600_000;
/** What may wait for acknowledgements: with a second until each, this is enough for more than 10,000 events a second. */
const unconfirmed = { events: 16_384, bytes: 33_554_432 };

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
    const advice = 'set ack: false: Splunk Cloud supports acknowledgement only for Amazon Data Firehose';
    log.warn('destination.ack_unsupported', { advice });
  }
  for (const token of ack ? routes.tokens : []) {
    const requestAck: AckTrackerOptions['requestAck'] = async (...args) => (await client.ack(token, ...args)).reply;
    ackTrackers.set(
      token,
      createAckTracker({ pollMs, timeoutMs, now, createAgent: client.createLineAgent, requestAck }),
    );
  }
  const limits = splunkLimits.map((characters) => {
    const warn = createRateLimitedReport(now, hourMs, (_: undefined, events) =>
      log.warn('destination.long_events', { characters, events, advice: 'raise TRUNCATE and maxchars in Splunk' }),
    );
    return { characters, warn };
  });
  const warnOfNoAck = createRateLimitedReport(now, hourMs, (outcome: 'disabled' | 'unsupported', events) =>
    log.warn(`destination.ack_${outcome}`, { events, advice: degradedAdvice[`ack_${outcome}`] }),
  );
  const countLong = (envelopes: readonly Envelope[]) => {
    for (const { characters, warn } of limits) {
      const long = envelopes.filter(({ eventLength }) => eventLength > characters).length;
      if (long === 0) continue;
      meter.add('long_events', long, { limit: String(characters) });
      warn(undefined, long);
    }
  };

  async function closeHec(): Promise<void> {
    for (const ackTracker of ackTrackers.values()) ackTracker.close();
    client.close();
  }

  return {
    /** The configured assurance, until HEC shows that it does not acknowledge the events of a token. */
    get assurance() {
      return ack && [...ackTrackers.values()].every((tracker) => tracker.acknowledges()) ? 'indexed' : 'accepted';
    },
    ...(ack && { unconfirmed }),
    deliver: createBatchSender({
      client,
      routes,
      maxBodyBytes,
      ackTrackers,
      envelopes: ({ items }) => items.map((item) => envelopeOf(item, routes.of(item.dataset), include)),
      onAccepted: countLong,
      onNoAck: warnOfNoAck,
    }),
    check: (signal) => checkHec(config, client, routes, ackTrackers, signal),
    close: closeHec,
  };
}

const busy = (message: string): string => `it is busy, so events are delayed: ${message}`;

/** Checks whether the event collector accepts events, without sending one. */
async function checkHec(
  { url }: SplunkHecConfig,
  client: HecClient,
  { tokens, indexes }: Routes,
  ackTrackers: ReadonlyMap<TokenSlot, AckTracker>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const failed = (message: string): CheckResult => ({ ok: false, message: `${url}: ${message}` });

  const warnings: string[] = [];

  const health = await client.health(signal);
  const isDown = health.kind === 'failed' || health.status >= 500;
  const healthResponse = readResponse(health, 0, []);
  if (healthResponse.action === 'slowDown') warnings.push(busy(healthResponse.message));
  else if (isDown && healthResponse.action !== 'accepted') return failed(healthResponse.message);
  for (const [number, token] of tokens.entries()) {
    const which = tokens.length === 1 ? 'the token' : `token ${number + 1} of ${tokens.length}`;
    const checkToken = async (channel?: AckChannel) => ({
      response: await client.post(token, channel, [], signal),
      ack: channel && (await client.ack(token, channel, 0, signal)),
    });
    const { response, ack } = await (ackTrackers.get(token)?.withChannel(checkToken) ?? checkToken());
    // Without a code of HEC the response may come from a proxy that reaches no collector.
    if (response.action === 'slowDown' && response.code !== 'service_unavailable') {
      return {
        ok: true,
        warning: true,
        message: `${url} responds; ${[busy(response.message), ...warnings].join('; ')}`,
      };
    }
    // HEC checks everything else before it rejects an empty request as empty.
    if (response.action !== 'accepted' && response.code !== 'no_data') {
      const concernsToken = response.action === 'blockToken' && response.code !== 'secret_unavailable';
      return failed(concernsToken || tokens.length > 1 ? `${which}: ${response.message}` : response.message);
    }
    if (ack?.reply === 'disabled' || ack?.reply === 'unsupported') {
      // Events are delivered, but degraded.
      warnings.push(`${which}: ${degradedAdvice[`ack_${ack.reply}`]}`);
    } else if (ack?.message !== undefined)
      return failed(`${which}: no response about acknowledgements: ${ack.message}`);
  }
  const named = indexes.filter((index) => index !== undefined).map((index) => `"${index}"`);
  const unchecked = named.length === 0 ? '' : `; write access to index ${named.join(', ')} was not checked`;
  const message = [`${url} accepts the token${tokens.length > 1 ? 's' : ''}${unchecked}`, ...warnings].join('; ');
  return { ok: true, message, ...(warnings.length > 0 && { warning: true }) };
}
