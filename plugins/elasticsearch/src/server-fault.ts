// What went wrong with one request, as a code of ours and in words.
import { errors } from '@elastic/elasticsearch';
import { cleanConnectionMessage, retryAfterMs } from '@xiq-siem/core';
import { z } from 'zod';
import type { FaultCode } from './fault-codes.ts';

export interface ServerFault {
  readonly code: FaultCode;
  readonly message: string;
  /** What was sent may have been taken. */
  readonly mayBeTaken: boolean;
  readonly status?: number;
  /** Milliseconds, as asked by `Retry-After`. */
  readonly waitMs?: number | undefined;
}

/** What a request rejects with: a fault of the server's, of the way to it or of the configuration. */
export class RequestFailed extends Error {
  readonly fault: ServerFault;

  constructor(fault: ServerFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** For an answer of status 2xx that does not hold what was asked for. */
export function unexpectedResponse(message: string): RequestFailed {
  return new RequestFailed({ code: 'unexpected_response', message, mayBeTaken: false });
}

export const serverError = z.object({
  type: z.string(),
  reason: z.string().nullish(),
  caused_by: z.object({ reason: z.string().nullish() }).nullish(),
});

const retryAfter = z.string();
const errorBody = z.object({ error: z.union([z.string(), serverError]) });

/** The server's words: type, reason, and the reason behind it where that says more. */
export function messageOf({ type, reason, caused_by }: z.output<typeof serverError>): string {
  const cause = caused_by?.reason;
  const behind = cause && !reason?.includes(cause) ? ` (${cause})` : '';
  return `${type}${reason ? `: ${reason}` : ''}${behind}`.slice(0, 2000);
}

/** A cluster that is still starting, or has no master, blocks with 503: that passes by itself. */
export function isWriteBlock(type: string, status: number): boolean {
  return type === 'cluster_block_exception' && status < 500;
}

/** The fault behind an error of a request. Undefined for an error that is a bug. */
export function faultOf(error: unknown, nowMs: number): ServerFault | undefined {
  if (error instanceof RequestFailed) return error.fault;
  if (error instanceof errors.ResponseError) return faultOfResponse(error, nowMs);
  if (error instanceof errors.ProductNotSupportedError) {
    const message = 'what answers there is not Elasticsearch (no x-elastic-product header): see `nodes` and any proxy';
    return { code: 'not_elasticsearch', message, mayBeTaken: false };
  }
  if (error instanceof errors.RequestAbortedError || error instanceof errors.TimeoutError) {
    return { code: 'aborted', message: 'cut off before an answer came', mayBeTaken: true };
  }
  if (error instanceof errors.DeserializationError) {
    return { code: 'unexpected_response', message: `the answer cannot be read: ${error.message}`, mayBeTaken: true };
  }
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    return faultOfConnection(error.message);
  }
  return undefined;
}

function faultOfConnection(message: string): ServerFault {
  // A handshake that failed may begin with "write EPROTO": nothing of ours was taken.
  const isTls = /certificate|altnames|\bSSL\b|\bTLS\b|EPROTO/i.test(message);
  if (!isTls && /^(?:socket hang up|read |write |Response aborted|Parse Error)/.test(message)) {
    return { code: 'connection_lost', message, mayBeTaken: true };
  }
  if (isTls) {
    return {
      code: 'tls_failed',
      message: `no trusted connection: ${cleanConnectionMessage(message)}`,
      mayBeTaken: false,
    };
  }
  return { code: 'unreachable', message, mayBeTaken: false };
}

function faultOfResponse({ statusCode: status = 0, body, headers }: errors.ResponseError, nowMs: number): ServerFault {
  const error = errorBody.safeParse(body).data?.error;
  const type = typeof error === 'object' ? error.type : '';
  const message = error === undefined ? '' : `: ${typeof error === 'object' ? messageOf(error) : error.slice(0, 2000)}`;
  return {
    code: codeOfResponse(status, type, message),
    message: `answered ${status}${message}`,
    // A gateway whose time is up does not know what became of the request behind it.
    mayBeTaken: status === 504,
    status,
    waitMs: retryAfterMs(retryAfter.safeParse(headers?.['retry-after']).data, nowMs),
  };
}

function codeOfResponse(status: number, type: string, message: string): FaultCode {
  if (isWriteBlock(type, status)) return 'write_blocked';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'index_missing';
  if (status === 406 || status === 415 || /media.type|compatible version/i.test(message)) return 'unsupported_version';
  if (status === 408 || status >= 500) return 'server_error';
  if (status === 413) return 'too_large';
  if (status === 429) return 'busy';
  return 'request_refused';
}
