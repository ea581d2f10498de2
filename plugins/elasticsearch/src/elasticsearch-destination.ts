// The Elasticsearch destination: a batch is one bulk request, and each event has its own verdict.
import {
  type Batch,
  type DeliveryReport,
  type Destination,
  type DestinationContext,
  defineDestination,
  type ItemVerdict,
} from '@xiq-siem/core';
import { type Routed, sendBulk } from './bulk-request.ts';
import { bulkVerdicts } from './bulk-verdicts.ts';
import { checkServer } from './check.ts';
import { type ElasticsearchConfig, elasticsearchConfig } from './config.ts';
import { type FaultCode, faultCodes } from './fault-codes.ts';
import { findEvent } from './find-event.ts';
import { openServer } from './server.ts';
import { RequestFailed, type ServerFault } from './server-fault.ts';
import { elasticsearchSetup } from './setup.ts';
import { streamOf } from './stream-name.ts';
import { createTemplateGate } from './template-gate.ts';

const badStreamName = {
  code: 'bad_stream_name',
  message: 'data set or namespace: expected a-z, 0-9, _ and ., at most 100 characters',
} as const;

/** Faults of a whole request that pass by themselves; a person has to fix the others. */
const passing: ReadonlySet<FaultCode> = new Set([
  'aborted',
  'busy',
  'connection_lost',
  'unexpected_response',
  'server_error',
  'unreachable',
]);

type Report = DeliveryReport<FaultCode>;
type Verdicts = readonly ItemVerdict<FaultCode>[];

export const elasticsearchDestination = defineDestination({
  type: 'elasticsearch',
  assurance: 'indexed',
  codes: faultCodes,
  configSchema: elasticsearchConfig,
  create: createElasticsearchDestination,
  setup: elasticsearchSetup,
});

async function createElasticsearchDestination(
  config: ElasticsearchConfig,
  context: DestinationContext,
): Promise<Destination<FaultCode>> {
  const server = await openServer(config, context);
  const gate = config.requireTemplate ? createTemplateGate(server, context) : undefined;

  async function deliver({ items }: Batch, signal: AbortSignal): Promise<Report> {
    if (items.length === 0) return { items: [] };
    if (signal.aborted) return { batch: 'unavailable', code: 'aborted' };
    /** Events that are sent, and verdicts of the others. */
    const routed: Routed[] = [];
    const kept: ItemVerdict<FaultCode>[] = [];
    try {
      const streams = new Set(items.map(streamOf).filter((stream) => stream !== undefined));
      const faults = await gate?.faults(streams, signal);
      if (faults?.everywhere !== undefined) return { batch: 'misconfigured', ...faults.everywhere };
      for (const item of items) {
        const stream = streamOf(item);
        const fault = faults?.byStream.get(stream ?? '');
        if (stream === undefined) kept.push({ index: item.index, verdict: 'rejected', ...badStreamName });
        else if (fault !== undefined) kept.push({ index: item.index, verdict: 'blocked', ...fault });
        else routed.push({ item, stream });
      }
      if (routed.length === 0) return reportOfItems(kept);

      const verdicts = bulkVerdicts(routed, await sendBulk(server, routed, config.gzip, signal));
      // The template may be in force no longer.
      if (verdicts.some(({ verdict }) => verdict === 'blocked')) gate?.forget();
      return reportOfItems([...verdicts, ...kept]);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return reportOfFault(error.fault, routed, kept);
    }
  }

  return {
    deliver,
    check: (signal) => checkServer(server, context, config, signal),
    find: (event, signal) => findEvent(server, config, event, signal),
    async close() {
      server.close();
    },
  };
}

/** Held events are held by their own data streams: other batches may pass, even where all of this one are held. */
function reportOfItems(items: Verdicts): Report {
  const isBusy = items.some((item) => item.verdict === 'retry' && item.code === 'busy');
  return { items, ...(isBusy && { slowDown: true }) };
}

/** The report of a batch of which `sent` got no verdicts, one for each event, and `others` have theirs. */
function reportOfFault(
  { code, message, mayBeTaken, waitMs }: ServerFault,
  sent: readonly Routed[],
  others: Verdicts,
): Report {
  const wait = waitMs === undefined ? {} : { waitMs };
  // One event may have spoilt the request for all: as a retry of each, it is found by halving.
  const verdict = mayBeTaken ? 'unknown' : code === 'request_refused' ? 'retry' : undefined;
  if (sent.length > 0 && verdict !== undefined) {
    const items = sent.map(({ item }) => ({ index: item.index, verdict, code, message }) as const);
    return { items: [...items, ...others], ...wait };
  }
  const batch = code === 'too_large' ? 'tooLarge' : passing.has(code) ? 'unavailable' : 'misconfigured';
  return { batch, code, message, ...wait, ...(code === 'busy' && { slowDown: true }) };
}
