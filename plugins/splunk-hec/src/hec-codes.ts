// The meaning of HEC's codes and of HTTP statuses: what the destination does, and its own code and advice.
import { codeOfStatus, type HttpStatusCode, httpFaultCodes, httpStatusCodes } from '@xiq-siem/core';

/** What the destination does after a response that is not a success. */
export type Action =
  /** The whole destination waits. The fault may disappear without help. */
  | 'wait'
  /** The same, and fewer events are sent at once. */
  | 'slowDown'
  /** An operator must fix something that affects every event. */
  | 'misconfigured'
  /** An operator must fix something that affects all events of this token, index or sourcetype. */
  | 'blockToken'
  | 'blockIndex'
  | 'blockSourcetype'
  /** HEC rejected one event. The events before it are indexed, the events after it were not processed. */
  | 'rejectOne'
  /** HEC will never accept any of the events. */
  | 'rejectAll'
  | 'tooLarge'
  /** HEC may have accepted the events. */
  | 'unknown';

const ackRequired =
  'the token has acknowledgement on: set `ack: true`. If it is set, a proxy removes the X-Splunk-Request-Channel header';

const unknownToken =
  'Splunk does not know the token: copy the value from its HTTP Event Collector settings to the secret in `token`';
const noCollector = 'there is no event collector at this URL: correct `url`, and check that HEC is enabled in Splunk';
const checkUrl = 'if this persists, check that `url` is the URL of an event collector';
const enableToken = 'enable the token in Splunk';
const checkProxies = 'check the proxies between the connector and Splunk';

const hecFaults = [
  [1, 403, 'blockToken', 'token_disabled', enableToken],
  [2, 401, 'blockToken', 'token_required', 'a proxy removes the Authorization header'],
  [3, 401, 'blockToken', 'invalid_authorization', 'correct the secret in `token`: it must be the value alone'],
  [4, 403, 'blockToken', 'invalid_token', unknownToken],
  [5, 400, 'rejectAll', 'no_data', ''],
  [6, 400, 'rejectOne', 'invalid_data', ''],
  [7, 400, 'blockIndex', 'incorrect_index', 'correct `index`, or create it in Splunk and allow it for the token'],
  [8, 500, 'wait', 'server_error', ''],
  [9, 503, 'slowDown', 'server_busy', ''],
  [10, 400, 'blockToken', 'channel_missing', ackRequired],
  [11, 400, 'wait', 'invalid_channel', ''],
  [12, 400, 'rejectOne', 'event_required', ''],
  [13, 400, 'rejectOne', 'event_blank', ''],
  [14, 400, 'blockToken', 'ack_disabled', 'the token has acknowledgement off: set `ack: false`, or turn it on'],
  [15, 400, 'rejectOne', 'invalid_indexed_fields', ''],
  [16, 400, 'misconfigured', 'query_authorization_disabled', 'a proxy moves the token to the URL'],
  [18, 503, 'slowDown', 'queues_full', ''],
  [19, 503, 'slowDown', 'ack_unavailable', ''],
  [20, 503, 'slowDown', 'queues_full', ''],
  [21, 400, 'blockToken', 'invalid_token', unknownToken],
  [22, 400, 'blockToken', 'token_disabled', enableToken],
  [23, 503, 'wait', 'shutting_down', ''],
  [26, 429, 'slowDown', 'queues_full', ''],
  [27, 429, 'slowDown', 'ack_at_capacity', ''],
  [28, 400, 'blockToken', 'channel_missing', ackRequired],
] as const;

/** For responses without a known HEC code. */
const statusFaults: Readonly<Record<HttpStatusCode, readonly [action: Action, advice: string]>> = {
  bad_gateway: ['wait', ''],
  bad_request: ['misconfigured', `correct \`url\`, and ${checkProxies}`],
  forbidden: ['blockSourcetype', checkProxies],
  gateway_timeout: ['unknown', ''],
  method_not_allowed: ['misconfigured', noCollector],
  not_found: ['misconfigured', noCollector],
  proxy_unauthorized: ['misconfigured', checkProxies],
  redirected: ['misconfigured', 'redirects are not followed: set `url` to the target of the redirect'],
  request_timeout: ['wait', ''],
  server_error: ['wait', checkUrl],
  service_unavailable: ['slowDown', ''],
  too_large: ['tooLarge', ''],
  too_many_requests: ['slowDown', ''],
  unauthorized: ['blockToken', `correct the secret in \`token\`, and ${checkProxies}`],
  unsupported_media_type: ['misconfigured', 'set `gzip: false`, and check that `url` is the URL of an event collector'],
};

/** Codes of reports without a code of HEC or a status. */
const ownCodes = [
  ...httpFaultCodes,
  ...httpStatusCodes,
  /** Too many requests wait for their acknowledgement. */
  'ack_backlog_full',
  'ack_lost',
  'ack_timeout',
  /** The server has no endpoint for acknowledgements. */
  'ack_unsupported',
  'not_acknowledged',
  /** The secret in `token` is missing or empty. */
  'secret_unavailable',
  /** A response with a status of success that is not HEC's: it may come from a proxy, which may have sent the events on. */
  'unexpected_response',
] as const;

export type HecCode = (typeof hecFaults)[number][3] | (typeof ownCodes)[number];

/** Every code that a report of this destination can have. */
export const hecCodes: readonly HecCode[] = [...new Set([...hecFaults.map((row) => row[3]), ...ownCodes])].sort();

/** What an operator can do about events that HEC accepted and did not acknowledge. */
export const degradedAdvice = {
  ack_disabled: 'turn on indexer acknowledgement for the token, or set `ack: false`',
  ack_unsupported: 'the server does not acknowledge events: set `ack: false`',
  not_acknowledged: 'HEC acknowledges no event of a request with a rejected event: see the dead letters',
} as const satisfies Readonly<Partial<Record<HecCode, string>>>;

export interface Meaning {
  readonly action: Action;
  readonly code: HecCode;
  /** For the operator; empty if there is nothing to do. */
  readonly advice: string;
}

const byHecCode = new Map(
  hecFaults.map(([number, status, action, code, advice]) => [number as number, { status, action, code, advice }]),
);

/** The meaning of a response that is not a success. `hecCode` counts only with a status of its own class. */
export function meaningOf(status: number, hecCode: number | undefined): Meaning {
  const known = hecCode === undefined ? undefined : byHecCode.get(hecCode);
  if (known !== undefined && Math.floor(known.status / 100) === Math.floor(status / 100)) return known;
  if (status < 300) {
    return {
      action: 'unknown',
      code: 'unexpected_response',
      advice: `the response is not from an event collector: correct \`url\`, and ${checkProxies}`,
    };
  }
  const code = codeOfStatus(status);
  const [action, advice] = statusFaults[code];
  return { action, code, advice };
}
