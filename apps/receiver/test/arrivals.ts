// For tests: the events that each type of destination received, read from its server.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningServer } from '@xiq-siem/testbed';
import type { HecFake } from '@xiq-siem/testkit';
import { z } from 'zod';
import { linesOf, requestJson, requestLines } from './http-json.ts';

/** One event at a destination. A duplicate is another arrival. */
export interface Arrival {
  readonly id: string;
  readonly dataset: string;
  readonly receipt: string;
}

const document = z.object({
  event: z.object({ id: z.string(), dataset: z.string() }),
  extreme: z.object({ xiq: z.object({ receipt: z.string() }) }),
});

function arrivalOf(value: unknown): Arrival {
  const { event, extreme } = document.parse(value);
  return { id: event.id, dataset: event.dataset, receipt: extreme.xiq.receipt };
}

/** What the file destination has written so far, without an incomplete last line. */
export async function inFiles(directory: string): Promise<readonly Arrival[]> {
  const found: Arrival[] = [];
  for (const name of await readdir(directory)) {
    const lines = linesOf(createReadStream(join(directory, name)), 'wholeOnly');
    for await (const line of lines) found.push(arrivalOf(JSON.parse(line)));
  }
  return found;
}

export const inHecFake = ({ events }: HecFake): readonly Arrival[] => events.map(({ event }) => arrivalOf(event));

const attributes = z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }));
const otlpRequest = z.object({
  resourceLogs: z.array(z.object({ scopeLogs: z.array(z.object({ logRecords: z.array(z.object({ attributes })) })) })),
});

/** What the collector has written so far, without an incomplete last line. */
export async function inCollector({ outputFile = '' }: RunningServer): Promise<readonly Arrival[]> {
  const found: Arrival[] = [];
  for await (const line of linesOf(createReadStream(outputFile), 'wholeOnly')) {
    for (const { attributes } of recordsOf(line)) {
      const texts = new Map(attributes.map(({ key, value }) => [key, value.stringValue ?? '']));
      const text = (key: string): string => texts.get(key) ?? '';
      found.push({ id: text('log.record.uid'), dataset: text('event.dataset'), receipt: text('extreme.xiq.receipt') });
    }
  }
  return found;
}

function recordsOf(line: string) {
  const { resourceLogs } = otlpRequest.parse(JSON.parse(line));
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

const row = z.object({
  'event.event.id': z.string(),
  'event.event.dataset': z.string(),
  'event.extreme.xiq.receipt': z.string(),
});

/** Rows are found about a second after they were sent. */
export async function inVictoriaLogs({ url }: RunningServer): Promise<readonly Arrival[]> {
  const query = `{source=~"xiq.*"} | fields ${Object.keys(row.shape).join(', ')}`;
  const found: Arrival[] = [];
  const path = '/select/logsql/query?limit=10000000&query=';
  for await (const line of requestLines(`${url}${path}${encodeURIComponent(query)}`)) {
    const { 'event.event.id': id, 'event.event.dataset': dataset, ...rest } = row.parse(JSON.parse(line));
    found.push({ id, dataset, receipt: rest['event.extreme.xiq.receipt'] });
  }
  return found;
}

const hits = z.object({
  hits: z.object({ hits: z.array(z.object({ _id: z.string(), _source: z.unknown(), sort: z.array(z.string()) })) }),
});
const pageSize = 10_000;

/** Every document of the connector's data streams, page by page in the order of `event.id`. */
export async function inElasticsearch({ url }: RunningServer): Promise<readonly Arrival[]> {
  await requestJson(`${url}/logs-extreme_xiq.*/_refresh`, 'POST');
  const _source = ['event.id', 'event.dataset', 'extreme.xiq.receipt'];
  const pageAfter = async (last: readonly string[]) => {
    const query = { size: pageSize, _source, sort: ['event.id'], search_after: last };
    return hits.parse(await requestJson(`${url}/logs-extreme_xiq.*/_search`, 'POST', query)).hits.hits;
  };
  const found: Arrival[] = [];
  for (let page = await pageAfter(['']); page.length > 0; page = await pageAfter(page.at(-1)?.sort ?? [])) {
    for (const { _id, _source: source } of page) {
      const arrival = arrivalOf(source);
      if (arrival.id !== _id) throw new Error(`${arrival.id} stands under the _id ${_id}`);
      found.push(arrival);
    }
  }
  return found;
}

const count = z.object({ count: z.int() });

/** Number of documents of a data set, by `_count`. */
export async function countInElasticsearch({ url }: RunningServer, dataset: string): Promise<number> {
  return count.parse(await requestJson(`${url}/logs-${dataset}-default/_count`)).count;
}
