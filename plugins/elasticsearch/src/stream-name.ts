// The data stream of an event: `logs-<dataset>-<namespace>`.
import type { BatchItem } from '@xiq-siem/core';

/** Elasticsearch allows more; a hyphen would make the name ambiguous. */
const part = /^[a-z0-9_][a-z0-9_.]{0,99}$/;

/** Where an event of ours goes as long as nothing else is known. */
export const sampleStream = 'logs-extreme_xiq.audit-default';

/** Undefined where data set or namespace cannot stand in a name. Nothing else of a document has a say in it. */
export function streamOf({ dataset, document }: BatchItem): string | undefined {
  const namespace = document.data_stream?.namespace ?? 'default';
  return part.test(dataset) && part.test(namespace) ? `logs-${dataset}-${namespace}` : undefined;
}

/** A pattern for the data streams of a data set in all namespaces. Undefined where it cannot stand in a name. */
export function streamsOf(dataset: string): string | undefined {
  return part.test(dataset) ? `logs-${dataset}-*` : undefined;
}
