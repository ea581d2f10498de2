// Faults of one request: their code and message.
import { errors } from '@elastic/elasticsearch';
import { cleanConnectionMessage, codeOfSignal, codeOfStatus, retryAfterMs } from '@xiq-siem/core';
import { z } from 'zod';
import type { FaultCode } from './fault-codes.ts';

export interface ServerFault {
  readonly code: FaultCode;
  readonly message: string;
  /** The server may have accepted the request. */
  readonly mayBeAccepted: boolean;
  readonly status?: number;
  /** The type of Elasticsearch's error; undefined if the response has another form. */
  readonly type?: string | undefined;
  /** Milliseconds, from the `Retry-After` header. */
  readonly waitMs?: number | undefined;
}

/** The rejection of a request: a fault of the server, the connection or the configuration. */
export class RequestFailed extends Error {
  readonly fault: ServerFault;

  constructor(fault: ServerFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** For a 2xx response with unexpected content. */
export function unexpectedResponse(message: string): RequestFailed {
  return new RequestFailed({ code: 'unexpected_response', message, mayBeAccepted: false });
}

export const serverError = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  caused_by: z.object({ reason: z.string().nullish() }).nullish(),
});

const retryAfter = z.string();
const errorBody = z.object({ error: z.union([z.string(), serverError]) });

/** The server's message: type, reason, and the reason of the cause if it adds something. */
export function messageOf({ type, reason, caused_by }: z.output<typeof serverError>): string {
  const cause = caused_by?.reason;
  const causeText = cause && !reason?.includes(cause) ? ` (${cause})` : '';
  return `${type}${reason ? `: ${reason}` : ''}${causeText}`.slice(0, 2000);
}

/** A cluster that starts, or has no master, blocks with 503: that is temporary. */
export function isWriteBlock(type: string, status: number): boolean {
  return type === 'cluster_block_exception' && status < 500;
}

/** The fault of a failed request that was sent with `signal`. Undefined for an error that is a bug. */
export function faultOf(error: unknown, nowMs: number, signal: AbortSignal): ServerFault | undefined {
  if (error instanceof RequestFailed) return error.fault;
  if (error instanceof errors.ResponseError) return faultOfResponse(error, nowMs);
  if (error instanceof errors.ProductNotSupportedError) {
    const message = 'the server is not Elasticsearch (no x-elastic-product header): check `nodes` and any proxy';
    return { code: 'wrong_server', message, mayBeAccepted: false };
  }
  if (error instanceof errors.RequestAbortedError || error instanceof errors.TimeoutError) {
    const code = error instanceof errors.TimeoutError ? 'timed_out' : codeOfSignal(signal);
    const reason = code === 'timed_out' ? 'no response within the time limit' : 'cancelled before a response came';
    return { code, message: reason, mayBeAccepted: true };
  }
  if (error instanceof errors.DeserializationError) {
    return { code: 'unexpected_response', message: `unreadable response: ${error.message}`, mayBeAccepted: true };
  }
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    return faultOfConnection(error.message);
  }
  return undefined;
}

function faultOfConnection(message: string): ServerFault {
  // A failed TLS handshake may have a message like "write EPROTO", although no request was sent.
  const isTls = /certificate|altnames|\bSSL\b|\bTLS\b|EPROTO/i.test(message);
  if (!isTls && /^(?:socket hang up|read |write |Response aborted|Parse Error)/.test(message)) {
    return { code: 'connection_lost', message, mayBeAccepted: true };
  }
  if (isTls) {
    return {
      code: 'tls_failed',
      message: `no TLS connection: ${cleanConnectionMessage(message)}`,
      mayBeAccepted: false,
    };
  }
  // The proxy refuses a tunnel.
  const code = /^the proxy .*: HTTP 407$/.test(message) ? codeOfStatus(407) : 'unreachable';
  return { code, message, mayBeAccepted: false };
}

function faultOfResponse({ statusCode: status = 0, body, headers }: errors.ResponseError, nowMs: number): ServerFault {
  const error = errorBody.safeParse(body).data?.error;
  const type = typeof error === 'object' ? error.type : '';
  const message = error === undefined ? '' : `: ${typeof error === 'object' ? messageOf(error) : error.slice(0, 2000)}`;
  return {
    code: codeOfResponse(status, type, message),
    message: `HTTP ${status}${message}`,
    // A gateway that times out does not know the result of the request.
    mayBeAccepted: codeOfStatus(status) === 'gateway_timeout',
    status,
    type: type || undefined,
    waitMs: retryAfterMs(retryAfter.safeParse(headers?.['retry-after']).data, nowMs),
  };
}

function codeOfResponse(status: number, type: string, message: string): FaultCode {
  if (isWriteBlock(type, status)) return 'write_blocked';
  if (type === 'index_not_found_exception') return 'index_missing';
  const code = codeOfStatus(status);
  // Elasticsearch uses 406, 415 or 400 if it does not know the version in the media type.
  const isMediaType = code === 'bad_request' && (status === 406 || /media.type|compatible version/i.test(message));
  return isMediaType ? 'unsupported_media_type' : code;
}
