// Reads a response of the event collector, or a missing response, and finds its meaning for the events of the request.
import {
  connectionAdvice,
  type HttpOutcome,
  parseJson,
  retryAfterMs,
  type Secret,
  sanitizeServerMessage,
} from '@xiq-siem/core';
import { z } from 'zod';
import { type Action, type HecCode, meaningOf } from './hec-codes.ts';

export type HecResponse =
  /** `ackId` if the token has acknowledgement on. */
  { readonly action: 'accepted'; readonly slowDown: boolean; readonly ackId: number | undefined } | HecFault;

export interface HecFault {
  readonly action: Action;
  readonly code: HecCode;
  /** For the operator. Contains no secret. */
  readonly message: string;
  /** For `rejectOne`: the position of the rejected event in the request, from 0, if the response contains it. */
  readonly rejectedAt?: number | undefined;
  /** Milliseconds that the server asks us to wait. */
  readonly waitMs?: number;
}

const hecJson = z.object({
  text: z.string().optional(),
  code: z.int(),
  ackId: z.int().min(0).optional(),
  'invalid-event-number': z.int().min(0).optional(),
});

const successCodes = new Set([0, 24, 25]);
const maxMessageCharacters = 300;

/** Replaces `secrets` in the server's message. */
export function readResponse(outcome: HttpOutcome, nowMs: number, secrets: readonly Secret[]): HecResponse {
  if (outcome.kind === 'failed') {
    const { code, sent, message } = outcome;
    const isMisconfigured = code === 'tls_failed' || code === 'invalid_request';
    const text = withAdvice(sanitizeServerMessage(message, secrets, maxMessageCharacters), connectionAdvice(outcome));
    return { action: isMisconfigured ? 'misconfigured' : sent ? 'unknown' : 'wait', code, message: text };
  }
  const { status, headers } = outcome;
  const text = outcome.body.toString('utf8');
  const json = hecJson.safeParse(parseJson(text)).data;
  if (status === 200 && json !== undefined && successCodes.has(json.code)) {
    return { action: 'accepted', slowDown: json.code !== 0, ackId: json.ackId };
  }
  const { action, code, advice } = meaningOf(status, json?.code);
  const message = sanitizeServerMessage(json?.text ?? text, secrets, maxMessageCharacters) || 'no message';
  const origin = json === undefined ? `HTTP ${status}` : `HTTP ${status}, code ${json.code}`;
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return {
    action,
    code,
    message: withAdvice(`${message} (${origin})`, advice),
    rejectedAt: json?.['invalid-event-number'],
    ...(waitMs !== undefined && { waitMs }),
  };
}

function withAdvice(message: string, advice: string): string {
  return advice === '' ? message : `${message}: ${advice}`;
}
