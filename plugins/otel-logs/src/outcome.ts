// What an answer of the server, or the lack of one, means for the events that were sent.
import type { Exchange } from './http-post.ts';
import { lostAdvice } from './lost-advice.ts';
import { decodeResponse, decodeStatus } from './otlp-encoding.ts';
import { retryAfterMs } from './retry-after.ts';

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
  'aborted',
  'bad_data',
  'connection_lost',
  'header_invalid',
  'no_secret',
  'not_otlp',
  'not_sent',
  'partial_unknown',
  'redirected',
  'rejected',
  'server_error',
  'tls_failed',
  'unreachable',
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
  /** Takes our secrets out of the other side's words. */
  readonly redact: (text: string) => string;
}

const maxWords = 1000;
const maxPage = 200;
/** The collector answers 400 where 413 would be right. */
const tooLargeWords =
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
export function outcomeOf(exchange: Exchange, options: OutcomeOptions): Outcome {
  const words = (text: string) =>
    options
      .redact(text)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxWords);
  if (exchange.kind === 'failed') {
    const { code, sent, message } = exchange;
    const kind = code === 'tls_failed' ? 'misconfigured' : sent ? 'unknown' : 'unavailable';
    const hint = lostAdvice(code, message);
    return { kind, code, message: `${words(message)}${hint === undefined ? '' : ` (${hint})`}` };
  }
  const { status, contentType, body } = exchange;
  if (status >= 200 && status < 300) {
    const response = decodeResponse(contentType, body);
    if (response === undefined) {
      const page = words(Buffer.from(body).toString('utf8')).slice(0, maxPage);
      const message = `HTTP ${status}, but the answer is no OTLP: does something else listen there? check \`url\`: ${page}`;
      return { kind: 'unavailable', code: 'not_otlp', message };
    }
    const message = words(response.message);
    if (response.rejected > 0) return { kind: 'partial', rejected: response.rejected, message };
    return { kind: 'taken', warning: message };
  }
  const said = words(decodeStatus(contentType, body));
  const failure = meaningOf(status, said, options.retryOn500);
  const hint = advice[failure.code];
  const message = `HTTP ${status}${said === '' ? '' : `: ${said}`}${hint === undefined ? '' : ` (${hint})`}`;
  const waitMs = retryAfterMs(exchange.retryAfter, options.nowMs);
  return { ...failure, message, ...(waitMs === undefined ? {} : { waitMs }) };
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
    return tooLargeWords.test(said) ? { kind: 'tooLarge', code: 'too_large' } : { kind: 'badData', code: 'bad_data' };
  }
  return { kind: 'misconfigured', code: 'redirected' };
}
