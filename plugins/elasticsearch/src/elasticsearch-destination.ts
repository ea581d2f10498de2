// The Elasticsearch destination: a batch is one bulk request, and each event has its own verdict.
import {
  type Batch,
  type DeliveryReport,
  type Destination,
  type DestinationContext,
  defineDestination,
} from '@xiq-siem/core';
import { sendBulk } from './bulk-request.ts';
import { bulkVerdicts } from './bulk-verdicts.ts';
import { checkServer } from './check.ts';
import { type ElasticsearchConfig, elasticsearchConfig } from './config.ts';
import { type FaultCode, faultCodes } from './fault-codes.ts';
import { findEvent } from './find-event.ts';
import { reportOfItems, reportOfSent, reportOfUnsent } from './reports.ts';
import { routeBatch } from './route-batch.ts';
import { openServer } from './server.ts';
import { elasticsearchSetup } from './setup.ts';
import { createTemplateGate } from './template-gate.ts';

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

  async function deliver({ items }: Batch, signal: AbortSignal): Promise<DeliveryReport<FaultCode>> {
    if (items.length === 0) return { items: [] };
    if (signal.aborted) return { batch: 'unavailable', code: 'aborted' };
    const route = await routeBatch(items, gate, signal);
    if (!route.ok) return reportOfUnsent(route.fault);
    const { routed, kept } = route;
    if (routed.length === 0) return reportOfItems(kept);

    const answer = await sendBulk(server, routed, config.gzip, signal);
    if (!answer.ok) return reportOfSent(answer.fault, routed, kept);
    const verdicts = bulkVerdicts(routed, answer.body);
    // Whatever was found out about templates may hold no more.
    if (verdicts.some(({ verdict }) => verdict === 'held')) gate?.forget();
    return reportOfItems([...verdicts, ...kept]);
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
