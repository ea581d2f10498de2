// Every code that a report of this destination can name.
export const faultCodes = [
  /** The call was cut off by its time limit or our shutdown. */
  'aborted',
  /** 401, or there is no usable secret to show. */
  'unauthorized',
  /** 403: the credentials are good and lack a privilege. */
  'forbidden',
  'unreachable',
  /** The connection ended after the request had left us. */
  'connection_lost',
  'tls_failed',
  'not_elasticsearch',
  'unsupported_version',
  /** No answer that we understand. */
  'unexpected_response',
  /** An index is write-blocked or read-only, often for want of disk space. */
  'write_blocked',
  /** There is no data stream, and none could be made. */
  'index_missing',
  /** Our template is not in force: missing, outranked or out of date. */
  'template_missing',
  /** The data stream was made before our template was in force. */
  'rollover_needed',
  'pipeline_missing',
  /** 429. */
  'busy',
  'server_error',
  'too_large',
  /** The whole request was refused, for the sake of one event in it. */
  'request_refused',
  /** The data set or the namespace cannot name a data stream. */
  'bad_stream_name',
  /** The document does not fit the mapping. */
  'mapping_conflict',
  'document_refused',
  /** Degraded: it is in the failure store, not among the events. */
  'failure_store',
] as const;

export type FaultCode = (typeof faultCodes)[number];
