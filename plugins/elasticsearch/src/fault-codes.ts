// Every code that a report of this destination can have.
import { httpFaultCodes, httpStatusCodes } from '@xiq-siem/core';

export const faultCodes = [
  ...httpFaultCodes,
  ...httpStatusCodes,
  /** The configured API key or password is missing or empty. */
  'secret_unavailable',
  /** The server is not Elasticsearch. */
  'wrong_server',
  /** Elasticsearch sent a response that the plugin cannot read. */
  'unexpected_response',
  /** An index is write-blocked or read-only, often because the disk is full. */
  'write_blocked',
  /** The data stream is missing, and no index template creates it. */
  'index_missing',
  /** Elasticsearch cannot create an index for the data stream, mostly because the cluster has too many shards. */
  'index_creation_failed',
  /** The connector's template does not apply: it is missing, overridden or outdated. */
  'template_inactive',
  /** The data stream was created before the template was active. */
  'rollover_needed',
  'pipeline_missing',
  /** The data set or the namespace is not valid in the name of a data stream. */
  'invalid_stream_name',
  /** The document does not fit the mapping. */
  'mapping_conflict',
  /** Elasticsearch rejected this event for another reason. */
  'event_rejected',
  /** Degraded: the event is in the failure store and not in its data stream. */
  'failure_store',
] as const;

export type FaultCode = (typeof faultCodes)[number];

/** What to do about degraded events. */
export const degradedAdvice = {
  failure_store:
    'search logs-extreme_xiq.*::failures in Elasticsearch for the reason, and compare the templates with ' +
    '`xiq-siem setup --dry-run`; `xiq-siem replay` sends the events again',
} as const;

const leftOut: ReadonlySet<FaultCode | undefined> = new Set<FaultCode>([
  'bad_gateway',
  'connection_lost',
  'gateway_timeout',
  'service_unavailable',
  'timed_out',
  'tls_failed',
  'unreachable',
]);

/** Whether a node with this fault is left out while others respond. */
export const isLeftOut = (code: FaultCode | undefined): boolean => leftOut.has(code);
