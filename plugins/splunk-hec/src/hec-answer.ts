// What an answer of the event collector, or the lack of one, means for the events that were sent.
import { z } from 'zod';
import { type Action, type HecCode, meaningOf } from './hec-codes.ts';
import type { Exchange } from './http-exchange.ts';
import { lostAdvice } from './lost-advice.ts';

export type HecAnswer =
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
  readonly waitMs?: number | undefined;
}

const hecJson = z.object({
  text: z.string().optional(),
  code: z.int(),
  ackId: z.int().min(0).optional(),
  'invalid-event-number': z.int().min(0).optional(),
});

const takenCodes = new Set([0, 24, 25]);
const maxWords = 300;

export interface AnswerContext {
  readonly nowMs: number;
  /** Takes the token out of the other side's words. */
  readonly redact: (text: string) => string;
}

export function readAnswer(answer: Exchange, { nowMs, redact }: AnswerContext): HecAnswer {
  if (answer.kind === 'failed') {
    const { code, sent, message } = answer;
    const action = code === 'tls_failed' ? 'mend' : sent ? 'unknown' : 'wait';
    const advice = lostAdvice(code, message);
    return { action, code, message: advice === '' ? redact(message) : `${redact(message)}: ${advice}` };
  }
  const { status, text, retryAfter } = answer;
  const json = hecJson.safeParse(parseJson(text)).data;
  if (status === 200 && json !== undefined && takenCodes.has(json.code)) {
    return { action: 'taken', slowDown: json.code !== 0, ackId: json.ackId };
  }
  const { action, code, advice } = meaningOf(status, json?.code);
  const words =
    redact(json?.text ?? text)
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, maxWords) || 'no words';
  const origin = json === undefined ? `HTTP ${status}` : `HTTP ${status}, code ${json.code}`;
  return {
    action,
    code,
    message: advice === '' ? `${words} (${origin})` : `${words} (${origin}): ${advice}`,
    at: json?.['invalid-event-number'],
    waitMs: waitOf(retryAfter, nowMs),
  };
}

/** `Retry-After` as milliseconds: seconds or a date. */
function waitOf(retryAfter: string | undefined, nowMs: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs;
  return waitMs > 0 ? waitMs : undefined;
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
