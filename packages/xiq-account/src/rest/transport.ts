// A call and its answer: within the request budget, tried again within bounds where that does no harm, counted.
import type { Agent } from 'node:http';
import {
  type ConnectorError,
  exchange,
  type HttpRequest,
  type Logger,
  type Meter,
  type MetricTable,
  retryAfterMs,
  type Secret,
} from '@xiq-siem/core';
import { type Answer, type Failure, readAnswer } from './answer.ts';
import { type ApiClock, pause } from './api-clock.ts';
import { type Asked, failureError, rateLimitedError, serverError, wordsOf } from './api-errors.ts';
import type { Endpoint } from './endpoint.ts';
import { rateLimitOf } from './rate-limit.ts';
import type { BudgetKeeper } from './request-budget.ts';
import type { ServerClock } from './server-clock.ts';

export const apiMetrics = {
  'xiq_siem.api.requests': {
    help: 'Requests to the API of ExtremeCloud IQ, by what came of it.',
    unit: '{request}',
    attributes: ['endpoint', 'status'],
  },
} as const satisfies MetricTable;

export type ApiMeter = Meter<keyof typeof apiMetrics>;

export interface ApiRequest {
  readonly endpoint: Endpoint;
  readonly method: HttpRequest['method'];
  /** After the base URL, with its query. */
  readonly path: string;
  readonly body?: string;
  /** Asked twice, it does no more than asked once. */
  readonly repeatable: boolean;
  /** What stands in the body and in no message. */
  readonly secrets?: readonly Secret[];
  /** Times that it is tried, where that does no harm; 4 where it is not said. */
  readonly maxAttempts?: number;
  /** The longest wait for the budget, a 429 or a server that asks for time: all attempts together. */
  readonly maxWaitMs?: number | undefined;
}

export interface TransportOptions {
  readonly baseUrl: URL;
  readonly agent: Agent;
  readonly clock: ApiClock;
  readonly log: Logger;
  readonly meter: ApiMeter;
  readonly budget: BudgetKeeper;
  readonly serverClock: ServerClock;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly maxWaitMs: number;
}

export interface Transport {
  /** What messages about the request say, and what they must not say. */
  asked(request: ApiRequest, bearer: Secret | undefined): Asked;
  /** Any answer but 408, 429 and 5xx. Rejects with a ConnectorError, or with the signal's reason when it fires. */
  send(request: ApiRequest, bearer: Secret | undefined, signal: AbortSignal): Promise<Answer>;
}

const firstBackoffMs = 1_000;
const usualAttempts = 4;
const passing: ReadonlySet<Failure['code']> = new Set(['connection_lost', 'timed_out', 'unreachable']);

export function createTransport(options: TransportOptions): Transport {
  const { baseUrl, agent, clock, log, meter, budget, serverClock, timeoutMs, maxAnswerBytes } = options;
  const base = baseUrl.href.replace(/\/+$/, '');

  const once = async (
    { endpoint, method, path, body }: ApiRequest,
    bearer: Secret | undefined,
    signal: AbortSignal,
  ) => {
    const url = new URL(`${base}${path}`);
    const headers = {
      Accept: 'application/json',
      'Accept-Encoding': 'identity',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(bearer !== undefined && { Authorization: `Bearer ${bearer.reveal()}` }),
    };
    const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until);
    const bounds = { timeoutMs, maxAnswerBytes, signal, sleep };
    const sentAtMs = clock.now();
    const outcome = readAnswer(await exchange({ url, method, agent, headers, body, ...bounds }), maxAnswerBytes);
    meter.add('xiq_siem.api.requests', 1, { endpoint, status: statusOf(outcome) });
    if (outcome.kind === 'answer') {
      budget.heard(rateLimitOf(outcome.headers));
      serverClock.heard(outcome.headers, sentAtMs, clock.now());
    }
    signal.throwIfAborted();
    return outcome;
  };

  const asked: Transport['asked'] = ({ endpoint, secrets = [] }, bearer) => ({
    endpoint,
    origin: baseUrl.origin,
    secrets: bearer === undefined ? secrets : [bearer, ...secrets],
  });

  return {
    asked,
    async send(request, bearer, signal) {
      const { endpoint, repeatable, maxAttempts = usualAttempts, maxWaitMs = options.maxWaitMs } = request;
      const about = asked(request, bearer);
      let waitLeftMs = maxWaitMs;
      for (let attempt = 1; ; attempt++) {
        const beforeMs = clock.now();
        await budget.take(about, beforeMs + waitLeftMs, signal);
        waitLeftMs -= Math.max(0, clock.now() - beforeMs);

        const outcome = await once(request, bearer, signal);
        const fault = faultOf(outcome);
        if (outcome.kind === 'answer' && fault === 'none') return outcome;

        const waitMs = Math.max(firstBackoffMs * 2 ** (attempt - 1), askedForMs(outcome, clock.now()));
        if (fault === 'rate_limited') budget.hold(waitMs);
        const mayBeDone = fault !== 'rate_limited' && !repeatable && (outcome.kind === 'answer' || outcome.sent);
        if (fault === 'lasting' || mayBeDone || attempt >= maxAttempts || waitMs > waitLeftMs) {
          throw errorOf(about, outcome, mayBeDone, waitMs);
        }
        const reason = outcome.kind === 'answer' ? `status_${outcome.status}` : outcome.code;
        log.warn('xiq_api.tries_again', { endpoint, attempt, reason, waitMs });
        await pause(clock, waitMs, signal);
        waitLeftMs -= waitMs;
      }
    },
  };
}

/** `lasting`: trying again would change nothing. */
function faultOf(outcome: Answer | Failure): 'none' | 'rate_limited' | 'passing' | 'lasting' {
  if (outcome.kind === 'failed') return passing.has(outcome.code) ? 'passing' : 'lasting';
  if (outcome.status === 429) return 'rate_limited';
  return outcome.status >= 500 || outcome.status === 408 ? 'passing' : 'none';
}

/** How long the other side asks us to wait. */
function askedForMs(outcome: Answer | Failure, nowMs: number): number {
  if (outcome.kind === 'failed') return 0;
  const { remaining, resetMs = 0 } = rateLimitOf(outcome.headers);
  const untilReset = outcome.status === 429 && remaining === 0 ? resetMs : 0;
  return retryAfterMs(outcome.headers['retry-after'], nowMs) ?? untilReset;
}

function errorOf(about: Asked, outcome: Answer | Failure, mayBeDone: boolean, waitMs: number): ConnectorError {
  if (outcome.kind === 'failed') return failureError(about, outcome, mayBeDone);
  if (outcome.status === 429) return rateLimitedError(about, wordsOf(outcome, about), waitMs);
  return serverError(about, outcome, mayBeDone);
}

function statusOf(outcome: Answer | Failure): string {
  if (outcome.kind === 'failed') return 'failed';
  return outcome.status === 429 ? '429' : `${Math.floor(outcome.status / 100)}xx`;
}
