// What an answer of the server, or the lack of one, means for the events that were sent.
import {
  connectionAdvice,
  type HttpOutcome,
  httpFaultCodes,
  retryAfterMs,
  type Secret,
  sanitizeServerMessage,
} from '@xiq-siem/core';
import { decodeResponse, decodeStatus } from './otlp-encoding.ts';

const statusCodes = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  407: 'proxy_unauthorized',
  408: 'request_timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  502: 'bad_gateway',
  503: 'service_unavailable',
  504: 'gateway_timeout',
} as const;

export const otelCodes = [
  ...Object.values(statusCodes),
  ...httpFaultCodes,
  'bad_data',
  'no_secret',
  'not_otlp',
  'not_sent',
  'partial_unknown',
  'redirected',
  'rejected',
  'server_error',
] as const;

export type OtelCode = (typeof otelCodes)[number];

export interface Fault {
  readonly code: OtelCode;
  /** For a person; holds no secret. */
  readonly message: string;
  /** Milliseconds that the other side asks us to wait. */
  readonly waitMs?: number;
  readonly slowDown?: true;
}

/**
 * Why nothing of a request was taken, or nobody knows. `tooLarge`, `unavailable`, `misconfigured`: the contract's own
 * words. `badData`: something in it is wrong, perhaps a single event. `refused`: for good, whatever is in it.
 * `unknown`: sent, and not answered.
 */
export interface Failure extends Fault {
  readonly kind: 'tooLarge' | 'unavailable' | 'misconfigured' | 'badData' | 'refused' | 'unknown';
}

export type Outcome =
  /** `warning`: the server has something to say nevertheless. */
  | { readonly kind: 'taken'; readonly warning: string }
  /** The server has rejected so many, and does not say which. */
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  | Failure;

export interface OutcomeOptions {
  readonly nowMs: number;
  readonly retryOn500: boolean;
  /** Taken out of the other side's words. */
  readonly secrets: readonly Secret[];
}

const maxMessageCharacters = 1000;
const maxPage = 200;
/** The collector answers 400 where 413 would be right. */
const tooLargeText =
  /(?:body|request|message|payload) (?:is )?too large|larger than max|exceeds? (?:the )?(?:max|limit)/i;

const advice: Partial<Record<OtelCode, string>> = {
  unauthorized: 'check the credentials in `headers`',
  forbidden: 'check the credentials in `headers`, and what they may do',
  not_found: 'check the path of `url`: it is used as it is, and mostly ends in /v1/logs',
  method_not_allowed: 'check the path of `url`: it is used as it is, and mostly ends in /v1/logs',
  unsupported_media_type: 'try the other `protocol`',
  redirected: 'set `url` to where it leads: redirects are not followed',
};

/** Says in words what came back, bounded and without secrets. */
export function outcomeOf(outcome: HttpOutcome, { nowMs, retryOn500, secrets }: OutcomeOptions): Outcome {
  if (outcome.kind === 'failed') {
    const { code, sent, message } = outcome;
    const isOurs = code === 'tls_failed' || code === 'invalid_request';
    const hint = connectionAdvice(outcome, { certificate: '`certFile` and `keyFile`' });
    const text = withHint(sanitizeServerMessage(message, secrets, maxMessageCharacters), hint);
    return { kind: isOurs ? 'misconfigured' : sent ? 'unknown' : 'unavailable', code, message: text };
  }
  const { status, headers, body } = outcome;
  const contentType = headers['content-type'] ?? '';
  if (status >= 200 && status < 300) {
    const response = decodeResponse(contentType, body);
    if (response === undefined) {
      const page = sanitizeServerMessage(body.toString('utf8'), secrets, maxPage);
      const message = `HTTP ${status}, but the answer is no OTLP: does something else listen there? check \`url\`: ${page}`;
      return { kind: 'unavailable', code: 'not_otlp', message };
    }
    const message = sanitizeServerMessage(response.message, secrets, maxMessageCharacters);
    if (response.rejected > 0) return { kind: 'partial', rejected: response.rejected, message };
    return { kind: 'taken', warning: message };
  }
  const said = sanitizeServerMessage(decodeStatus(contentType, body), secrets, maxMessageCharacters);
  const failure = meaningOf(status, said, retryOn500);
  const message = withHint(`HTTP ${status}${said === '' ? '' : `: ${said}`}`, advice[failure.code] ?? '');
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return { ...failure, message, ...(waitMs !== undefined && { waitMs }) };
}

function withHint(message: string, hint: string): string {
  return hint === '' ? message : `${message} (${hint})`;
}

function meaningOf(status: number, said: string, retryOn500: boolean): Omit<Failure, 'message'> {
  switch (status) {
    case 429:
      return { kind: 'unavailable', code: statusCodes[status], slowDown: true };
    // Not among OTLP's codes: a load balancer's, when a connection was idle or slow. Nothing was taken.
    case 408:
    case 502:
    case 503:
    case 504:
      return { kind: 'unavailable', code: statusCodes[status] };
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 415:
      return { kind: 'misconfigured', code: statusCodes[status] };
    case 413:
      return { kind: 'tooLarge', code: statusCodes[status] };
  }
  if (status >= 500) return { kind: status === 500 && retryOn500 ? 'unavailable' : 'refused', code: 'server_error' };
  if (status >= 400) {
    return tooLargeText.test(said) ? { kind: 'tooLarge', code: 'too_large' } : { kind: 'badData', code: 'bad_data' };
  }
  return { kind: 'misconfigured', code: 'redirected' };
}
