// The Elasticsearch destination: sends each batch as one bulk request, with a verdict for each event.
import {
  type Batch,
  codeOfSignal,
  type DeliveryReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  type ItemVerdict,
} from '@xiq-siem/core';
import { messageWithAdvice } from './advice.ts';
import { type RoutedEvent, sendBulk } from './bulk-request.ts';
import { bulkVerdicts } from './bulk-verdicts.ts';
import { checkNodes } from './check-nodes.ts';
import { type ElasticsearchConfig, elasticsearchConfig } from './config.ts';
import { degradedAdvice, type FaultCode, faultCodes } from './fault-codes.ts';
import { findEvent } from './find-event.ts';
import { openServer } from './server.ts';
import { RequestFailed, type ServerFault } from './server-fault.ts';
import { elasticsearchSetup } from './setup.ts';
import { streamOf } from './stream-name.ts';
import { createTemplateCheck } from './template-check.ts';

const invalidStreamName = {
  code: 'invalid_stream_name',
  message: 'invalid data set or namespace: expected a-z, 0-9, _ and ., at most 100 characters',
} as const;

/** Faults of a whole request that may disappear without help. An operator must fix all others. */
const temporary: ReadonlySet<FaultCode> = new Set([
  'aborted',
  'bad_gateway',
  'connection_lost',
  'gateway_timeout',
  'request_timeout',
  'server_error',
  'service_unavailable',
  'timed_out',
  'too_many_requests',
  'unexpected_response',
  'unreachable',
]);

type Report = DeliveryReport<FaultCode>;
type Verdicts = readonly ItemVerdict<FaultCode>[];

export const elasticsearchDestination = defineDestination({
  type: 'elasticsearch',
  assurance: 'indexed',
  codes: faultCodes,
  degraded: degradedAdvice,
  configSchema: elasticsearchConfig,
  create: createElasticsearchDestination,
  setup: elasticsearchSetup,
});

async function createElasticsearchDestination(
  config: ElasticsearchConfig,
  context: DestinationContext,
): Promise<Destination<FaultCode>> {
  const server = await openServer(config, context);
  if (!config.verifyTls) context.log.warn('destination.tls_not_verified');
  const templateCheck = config.requireTemplate ? createTemplateCheck(server, context) : undefined;

  async function deliver({ items }: Batch, signal: AbortSignal): Promise<Report> {
    if (items.length === 0) return { items: [] };
    if (signal.aborted) return { batch: 'unavailable', code: codeOfSignal(signal) };
    const routed: RoutedEvent[] = [];
    /** Verdicts of the events that are not sent. */
    const unsent: ItemVerdict<FaultCode>[] = [];
    try {
      const streams = new Set(items.map(streamOf).filter((stream) => stream !== undefined));
      const faults = await templateCheck?.faults(streams, signal);
      if (faults?.common !== undefined) return { batch: 'misconfigured', ...faults.common };
      for (const item of items) {
        const stream = streamOf(item);
        const fault = faults?.byStream.get(stream ?? '');
        if (stream === undefined) unsent.push({ index: item.index, verdict: 'rejected', ...invalidStreamName });
        else if (fault !== undefined) unsent.push({ index: item.index, verdict: 'blocked', ...fault });
        else routed.push({ item, stream });
      }
      if (routed.length === 0) return reportOfItems(unsent);

      const verdicts = bulkVerdicts(routed, await sendBulk(server, routed, config.gzip, signal));
      // The cause may be that the template is no longer active.
      if (verdicts.some(({ verdict }) => verdict === 'blocked')) templateCheck?.forget();
      return reportOfItems([...verdicts, ...unsent]);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return reportOfFault({ ...error.fault, message: messageWithAdvice(error.fault, config) }, routed, unsent);
    }
  }

  return {
    deliver,
    check: (signal) => checkNodes(config, context, signal),
    find: (event, signal) => findEvent(server, config, event, signal),
    close: async () => server.close(),
  };
}

/** Blocked events concern only their own data streams, so the report never covers the whole batch. */
function reportOfItems(items: Verdicts): Report {
  const isBusy = items.some((item) => item.verdict === 'retry' && item.code === 'too_many_requests');
  return { items, ...(isBusy && { slowDown: true }) };
}

/** The report of a batch in which the request with the events `sent` failed. `others` have their verdicts. */
function reportOfFault(
  { code, message, mayBeAccepted, status, waitMs }: ServerFault,
  sent: readonly RoutedEvent[],
  others: Verdicts,
): Report {
  const wait = waitMs === undefined ? {} : { waitMs };
  // One event may make the whole request invalid: as retries, the engine finds it by halving. Statuses such as 402 and 410
  // are not about events.
  const verdict = mayBeAccepted ? 'unknown' : code === 'bad_request' && status === 400 ? 'retry' : undefined;
  if (sent.length > 0 && verdict !== undefined) {
    const items = sent.map(({ item }) => ({ index: item.index, verdict, code, message }) as const);
    return { items: [...items, ...others], ...wait };
  }
  const batch = code === 'too_large' ? 'tooLarge' : temporary.has(code) ? 'unavailable' : 'misconfigured';
  return { batch, code, message, ...wait, ...(code === 'too_many_requests' && { slowDown: true }) };
}
