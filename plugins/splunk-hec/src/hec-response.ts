// What an answer of the event collector, or the lack of one, means for the events that were sent.
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
  /** `ackId` where the token has acknowledgement on. */
  { readonly action: 'taken'; readonly slowDown: boolean; readonly ackId: number | undefined } | HecFault;

export interface HecFault {
  readonly action: Action;
  readonly code: HecCode;
  /** For a person; holds no secret. */
  readonly message: string;
  /** Of `rejectOne`: position of the refused object, from 0, where the answer names it. */
  readonly at?: number | undefined;
  /** Milliseconds that the other side asks us to wait. */
  readonly waitMs?: number;
}

const hecJson = z.object({
  text: z.string().optional(),
  code: z.int(),
  ackId: z.int().min(0).optional(),
  'invalid-event-number': z.int().min(0).optional(),
});

const takenCodes = new Set([0, 24, 25]);
const maxMessageCharacters = 300;

/** `secrets` are taken out of the other side's words. */
export function readResponse(outcome: HttpOutcome, nowMs: number, secrets: readonly Secret[]): HecResponse {
  if (outcome.kind === 'failed') {
    const { code, sent, message } = outcome;
    const isOurs = code === 'tls_failed' || code === 'invalid_request';
    const text = withAdvice(sanitizeServerMessage(message, secrets, maxMessageCharacters), connectionAdvice(outcome));
    return { action: isOurs ? 'fix' : sent ? 'unknown' : 'wait', code, message: text };
  }
  const { status, headers } = outcome;
  const text = outcome.body.toString('utf8');
  const json = hecJson.safeParse(parseJson(text)).data;
  if (status === 200 && json !== undefined && takenCodes.has(json.code)) {
    return { action: 'taken', slowDown: json.code !== 0, ackId: json.ackId };
  }
  const { action, code, advice } = meaningOf(status, json?.code);
  const message = sanitizeServerMessage(json?.text ?? text, secrets, maxMessageCharacters) || 'no words';
  const origin = json === undefined ? `HTTP ${status}` : `HTTP ${status}, code ${json.code}`;
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return {
    action,
    code,
    message: withAdvice(`${message} (${origin})`, advice),
    at: json?.['invalid-event-number'],
    ...(waitMs !== undefined && { waitMs }),
  };
}

function withAdvice(message: string, advice: string): string {
  return advice === '' ? message : `${message}: ${advice}`;
}
