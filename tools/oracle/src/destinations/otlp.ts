// A fake OTLP logs endpoint for http/json.
import { z } from 'zod';
import { createArrivals } from '../arrivals.ts';
import type { FakeDestination } from './destination.ts';
import { startHttpFake } from './http-fake.ts';

const attributes = z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }));
const records = z.object({ logRecords: z.array(z.object({ attributes })) });
const exportRequest = z.object({ resourceLogs: z.array(z.object({ scopeLogs: z.array(records) })).default([]) });

export async function startOtlp(): Promise<FakeDestination> {
  const arrivals = createArrivals('otel');
  const server = await startHttpFake(({ text }) => {
    const { resourceLogs } = exportRequest.parse(JSON.parse(text));
    const logRecords = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
    const confirms = logRecords.map((record) => {
      const texts = new Map(record.attributes.map(({ key, value }) => [key, value.stringValue ?? '']));
      const text = (key: string): string => texts.get(key) ?? '';
      return arrivals.add({
        id: text('log.record.uid'),
        dataset: text('event.dataset'),
        receipt: text('extreme.xiq.receipt'),
        original: texts.get('log.record.original'),
      });
    });
    return { body: { partialSuccess: {} }, confirms };
  });
  return {
    name: 'otel',
    config: {
      ...{ type: 'otel-logs', url: `${server.url}/v1/logs`, protocol: 'http/json' },
      ...{ includeOriginal: true, timeoutMs: 5_000 },
    },
    arrivals,
    deduplicates: false,
    setMode: server.setMode,
    close: server.close,
  };
}
