// HEC's table: what each of its codes means, and what is done about it.
import { httpFaultCodes } from '@xiq-siem/core';

/** What is done about an answer that is not "taken". */
export type Action =
  /** The whole destination waits; a person has nothing to do. */
  | 'wait'
  /** The same, and less is sent at once. */
  | 'slow'
  /** A person has to fix something that every event needs. */
  | 'fix'
  /** A person has to fix something that all events of this token, index or sourcetype need. */
  | 'holdToken'
  | 'holdIndex'
  | 'holdSourcetype'
  /** The object at the answer's position is refused; those before it are indexed, those after it were not looked at. */
  | 'rejectOne'
  /** None of the objects will ever be taken. */
  | 'rejectAll'
  | 'tooLarge'
  /** The acknowledgement channel is not known: another one is opened. */
  | 'newChannel'
  /** The objects may be there. */
  | 'unknown';

const askedForAck =
  'the token has acknowledgement on: set `ack: true`; where it is set, something on the way takes the channel header out';

const unknownToken =
  'Splunk does not know the token: put the value that its HTTP Event Collector settings show where `token` points';
const notHere = 'there is no event collector at this URL: correct `url`, and see that HEC is enabled in Splunk';

const hecFaults = [
  [1, 403, 'holdToken', 'token_disabled', 'enable the token in Splunk'],
  [2, 401, 'holdToken', 'token_required', 'something on the way takes the Authorization header out'],
  [3, 401, 'holdToken', 'invalid_authorization', 'correct what `token` points to: it must be the value alone'],
  [4, 403, 'holdToken', 'invalid_token', unknownToken],
  [5, 400, 'rejectAll', 'no_data', ''],
  [6, 400, 'rejectOne', 'invalid_data', ''],
  [7, 400, 'holdIndex', 'incorrect_index', 'correct `index`, or make that index in Splunk and allow it to the token'],
  [8, 500, 'wait', 'internal_error', ''],
  [9, 503, 'slow', 'server_busy', ''],
  [10, 400, 'holdToken', 'channel_missing', askedForAck],
  [11, 400, 'newChannel', 'invalid_channel', ''],
  [12, 400, 'rejectOne', 'event_required', ''],
  [13, 400, 'rejectOne', 'event_blank', ''],
  [14, 400, 'holdToken', 'ack_disabled', 'the token allows no acknowledgement: set `ack: false`, or turn it on'],
  [15, 400, 'rejectOne', 'indexed_fields', ''],
  [16, 400, 'fix', 'query_authorization', 'something on the way moves the token into the URL'],
  [18, 503, 'slow', 'queues_full', ''],
  [19, 503, 'slow', 'ack_unavailable', ''],
  [20, 503, 'slow', 'queues_full', ''],
  [21, 400, 'holdToken', 'invalid_token', unknownToken],
  [22, 400, 'holdToken', 'token_disabled', 'enable the token in Splunk'],
  [23, 503, 'wait', 'shutting_down', ''],
  [26, 429, 'slow', 'at_capacity', ''],
  [27, 429, 'slow', 'ack_at_capacity', ''],
  [28, 400, 'holdToken', 'channel_missing', askedForAck],
] as const;

const statusFaults = [
  [401, 'holdToken', 'unauthorized', 'correct what `token` points to, or look at what stands between us and Splunk'],
  [403, 'holdSourcetype', 'forbidden', 'look at what stands between us and Splunk'],
  [404, 'fix', 'not_found', notHere],
  [405, 'fix', 'not_found', notHere],
  [408, 'wait', 'request_timeout', ''],
  [413, 'tooLarge', 'too_large', ''],
  [415, 'fix', 'encoding_refused', 'set `gzip: false`'],
  [429, 'slow', 'at_capacity', ''],
  [503, 'slow', 'service_unavailable', ''],
  [504, 'unknown', 'gateway_timeout', ''],
] as const;

/** Codes of reports that come from no answer of Splunk's, or from one that is in no table. */
const ownCodes = [
  ...httpFaultCodes,
  'ack_late',
  'ack_lost',
  'ack_pending_full',
  'no_token',
  'not_acknowledged',
  'not_hec',
  'redirected',
  'refused',
  'server_error',
] as const;

export type HecCode = (typeof hecFaults)[number][3] | (typeof statusFaults)[number][2] | (typeof ownCodes)[number];

/** Every code that a report of this destination can name. */
export const hecCodes: readonly HecCode[] = [
  ...new Set([...hecFaults.map((row) => row[3]), ...statusFaults.map((row) => row[2]), ...ownCodes]),
].sort();

export interface Meaning {
  readonly action: Action;
  readonly code: HecCode;
  /** What a person should do, if anything. */
  readonly advice: string;
}

const byHecCode = new Map(
  hecFaults.map(([number, status, action, code, advice]) => [number as number, { status, action, code, advice }]),
);
const byStatus = new Map(
  statusFaults.map(([status, action, code, advice]) => [status as number, { action, code, advice }]),
);

/** What a refusal means: by its HTTP status first; `hecCode` counts only where it goes with that. */
export function meaningOf(status: number, hecCode: number | undefined): Meaning {
  const known = hecCode === undefined ? undefined : byHecCode.get(hecCode);
  if (known !== undefined && Math.floor(known.status / 100) === Math.floor(status / 100)) return known;
  const plain = byStatus.get(status);
  if (plain !== undefined) return plain;
  if (status >= 500) return { action: 'wait', code: 'server_error', advice: '' };
  if (status >= 400) return { action: 'fix', code: 'refused', advice: 'look at what stands between us and Splunk' };
  if (status >= 300)
    return { action: 'fix', code: 'redirected', advice: 'redirects are not followed: set `url` to where it leads' };
  return { action: 'wait', code: 'not_hec', advice: 'the answer is not an event collector’s: correct `url`' };
}
