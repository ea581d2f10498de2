// What the server's response, or a missing response, means for the events of a request.
import {
  codeOfStatus,
  connectionAdvice,
  type HttpOutcome,
  httpFaultCodes,
  httpStatusCodes,
  retryAfterMs,
  type Secret,
  sanitizeServerMessage,
} from '@xiq-siem/core';
import { decodeResponse, decodeStatus } from './otlp-encoding.ts';

export const otelCodes = [
  ...httpFaultCodes,
  ...httpStatusCodes,
  /** The server rejected this event. */
  'event_rejected',
  /** The server rejected some events of the request and did not say which. */
  'partial_rejection',
  /** A header has no secret, or an empty one. */
  'secret_unavailable',
  /** The batch needs more requests than one delivery may send. */
  'split_limit_reached',
  /** A 2xx response that is not OTLP: the server may have the events. */
  'unexpected_response',
] as const;

export type OtelCode = (typeof otelCodes)[number];

export interface Fault {
  readonly code: OtelCode;
  /** For the operator. Contains no secret. */
  readonly message: string;
  /** Milliseconds that the server asks us to wait. */
  readonly waitMs?: number;
  readonly slowDown?: true;
}

/**
 * Why the server accepted no event of a request. `tooLarge`, `unavailable`, `misconfigured`: as in a delivery report.
 * `badRequest`: at least one event is invalid. `rejected`: permanently, whatever the events are. `unknown`: the request
 * was sent, and whether the server got it is not known.
 */
export interface Failure extends Fault {
  readonly kind: 'tooLarge' | 'unavailable' | 'misconfigured' | 'badRequest' | 'rejected' | 'unknown';
}

export type Outcome =
  /** `warning`: the server's message, empty if it sent none. */
  | { readonly kind: 'accepted'; readonly warning: string }
  /** The server rejected this number of events and does not say which. */
  | { readonly kind: 'partlyRejected'; readonly rejected: number; readonly message: string }
  | Failure;

export interface OutcomeOptions {
  readonly nowMs: number;
  readonly retryOn500: boolean;
  /** Replaced in the server's messages. */
  readonly secrets: readonly Secret[];
}

const maxMessageCharacters = 1000;
const maxPageCharacters = 200;
/** The OpenTelemetry Collector returns 400 instead of 413. */
const tooLargeText =
  /(?:body|request|message|payload) (?:is )?too large|larger than max|exceeds? (?:the )?(?:max|limit)/i;

/** Some servers return 400 for a wrong path or encoding, such as VictoriaLogs. */
const wrongPathText = /\b(?:unknown|unsupported) path\b|\bpath (?:is )?not (?:found|supported)\b/i;
const wrongProtocolText =
  /\b(?:json|protobuf|encoding|content[- ]type|media type)\b[^.]{0,40}(?:\bnot|n't) supported|\bunsupported (?:content|encoding|media)/i;

const pathAdvice = 'check the path of `url`: it is used unchanged, and mostly ends in /v1/logs';

const advice: Partial<Record<OtelCode, string>> = {
  unauthorized: 'check the credentials in `headers`',
  forbidden: 'check the credentials in `headers`, and their permissions',
  not_found: pathAdvice,
  method_not_allowed: pathAdvice,
  unsupported_media_type: 'set the other `protocol`',
  bad_request: 'if every event gets it, check `protocol` and the path of `url`',
  server_error:
    'OTLP rejects events with 500. If every request gets it, check `protocol` and the path of `url`; `retryOn500: true` ' +
    'sends the events again',
  redirected: 'set `url` to the target of the redirect: redirects are not followed',
};

/** Messages are bounded and contain no secrets. */
export function outcomeOf(outcome: HttpOutcome, { nowMs, retryOn500, secrets }: OutcomeOptions): Outcome {
  if (outcome.kind === 'failed') {
    const { code, sent, message } = outcome;
    const isMisconfigured = code === 'tls_failed' || code === 'invalid_request';
    const hint = connectionAdvice(outcome, { certificate: '`certFile` and `keyFile`' });
    const text = withHint(sanitizeServerMessage(message, secrets, maxMessageCharacters), hint);
    return { kind: isMisconfigured ? 'misconfigured' : sent ? 'unknown' : 'unavailable', code, message: text };
  }
  const { status, headers, body, truncated } = outcome;
  const contentType = headers['content-type'] ?? '';
  if (status >= 200 && status < 300) {
    const response = truncated ? undefined : decodeResponse(contentType, body);
    if (response === undefined) {
      const page = sanitizeServerMessage(body.toString('utf8'), secrets, maxPageCharacters);
      const message = `HTTP ${status}, but the response is not OTLP: check that \`url\` is an OTLP endpoint: ${page}`;
      return { kind: 'unknown', code: 'unexpected_response', message };
    }
    const message = sanitizeServerMessage(response.message, secrets, maxMessageCharacters);
    if (response.rejected > 0) return { kind: 'partlyRejected', rejected: response.rejected, message };
    return { kind: 'accepted', warning: message };
  }
  const text = sanitizeServerMessage(decodeStatus(contentType, body), secrets, maxMessageCharacters);
  const failure = failureOf(status, text, retryOn500);
  const message = withHint(`HTTP ${status}${text === '' ? '' : `: ${text}`}`, advice[failure.code] ?? '');
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return { ...failure, message, ...(waitMs !== undefined && { waitMs }) };
}

function withHint(message: string, hint: string): string {
  return hint === '' ? message : `${message} (${hint})`;
}

function failureOf(status: number, text: string, retryOn500: boolean): Omit<Failure, 'message'> {
  const code = codeOfStatus(status);
  switch (code) {
    case 'too_many_requests':
      return { kind: 'unavailable', code, slowDown: true };
    // OTLP does not define 408. A load balancer returns it for an idle or slow connection, and forwards nothing.
    case 'request_timeout':
    case 'bad_gateway':
    case 'service_unavailable':
      return { kind: 'unavailable', code };
    // A gateway that times out does not know the result of the request.
    case 'gateway_timeout':
      return { kind: 'unknown', code };
    case 'too_large':
      return { kind: 'tooLarge', code };
    case 'server_error':
      return { kind: status === 500 && !retryOn500 ? 'rejected' : 'unavailable', code };
    case 'bad_request':
      // Only these two are about the events. Others are about the endpoint or the account, such as 402, 410 and 431.
      if (status !== 400 && status !== 422) return { kind: 'misconfigured', code };
      if (wrongPathText.test(text)) return { kind: 'misconfigured', code: 'not_found' };
      if (wrongProtocolText.test(text)) return { kind: 'misconfigured', code: 'unsupported_media_type' };
      return tooLargeText.test(text) ? { kind: 'tooLarge', code: 'too_large' } : { kind: 'badRequest', code };
    default:
      return { kind: 'misconfigured', code };
  }
}
