// The outcome of one API request: a response as text, of bounded size and not compressed, or a failure.
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpFault, HttpFaultCode, HttpOutcome } from '@xiq-siem/core';
import { decodeBody } from '@xiq-siem/xiq';

export interface ApiResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Failure extends Omit<HttpFault, 'code'> {
  readonly code: HttpFaultCode | 'compressed' | 'too_large';
}

/** A compressed response that `exchange` could not decompress, and one of more than `maxBytes` are failures. */
export function readResponse(outcome: HttpOutcome, maxBytes: number): ApiResponse | Failure {
  if (outcome.kind === 'failed') return outcome;
  const { kind, status, headers, body, truncated } = outcome;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    const message = 'the response is compressed in an unknown way, which we did not request';
    return { kind: 'failed', code: 'compressed', sent: true, message };
  }
  if (truncated) {
    return { kind: 'failed', code: 'too_large', sent: true, message: `the response has more than ${maxBytes} bytes` };
  }
  return { kind, status, headers, text: decodeBody(body).text };
}
