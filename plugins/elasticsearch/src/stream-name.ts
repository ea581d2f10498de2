// The name of an event's data stream: `logs-<dataset>-<namespace>`.
import type { BatchItem } from '@xiq-siem/core';

/** Elasticsearch allows more characters, but a hyphen would make the name ambiguous. */
const part = /^[a-z0-9_][a-z0-9_.]{0,99}$/;

/** The data stream that checks use. */
export const sampleStream = 'logs-extreme_xiq.audit-default';

/** Undefined if the data set or the namespace is not valid in a name. No other field affects the name. */
export function streamOf({ dataset, document }: BatchItem): string | undefined {
  const namespace = document.data_stream?.namespace ?? 'default';
  return part.test(dataset) && part.test(namespace) ? `logs-${dataset}-${namespace}` : undefined;
}

/** A pattern for the data streams of a data set in all namespaces. Undefined if the data set is not valid in a name. */
export function streamsOf(dataset: string): string | undefined {
  return part.test(dataset) ? `logs-${dataset}-*` : undefined;
}
