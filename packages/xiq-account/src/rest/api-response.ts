// What became of one request to the API: an answer as text, bounded and not compressed, or why there is none.
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

/** Nothing is decoded: we ask for no compressed answer, and what is cut at `maxBytes` is none. */
export function readResponse(outcome: HttpOutcome, maxBytes: number): ApiResponse | Failure {
  if (outcome.kind === 'failed') return outcome;
  const { kind, status, headers, body, truncated } = outcome;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    const message = 'a compressed answer, which we did not ask for';
    return { kind: 'failed', code: 'compressed', sent: true, message };
  }
  if (truncated) {
    return { kind: 'failed', code: 'too_large', sent: true, message: `an answer of more than ${maxBytes} bytes` };
  }
  return { kind, status, headers, text: decodeBody(body).text };
}
