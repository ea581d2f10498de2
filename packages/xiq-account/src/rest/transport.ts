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
import type { Clock } from '@xiq-siem/delivery';
import { type Asked, type Endpoint, failureError, messageOf, rateLimitedError, serverError } from './api-errors.ts';
import { type ApiResponse, type Failure, readResponse } from './api-response.ts';
import { pause } from './pause.ts';
import { rateLimitOf } from './rate-limit.ts';
import { createRequestBudget } from './request-budget.ts';
import { createServerClock } from './server-clock.ts';

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
  /** Connections to a URL, certificates verified, through the configured proxy. */
  readonly agent: (url: URL) => Agent;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: ApiMeter;
  readonly budget?: {
    /** 7500 is what an account has, all its users together. */
    readonly requestsPerHour?: number;
    /** The longest that a call waits for the budget or a 429, a minute where it is not said: 0 never waits. */
    readonly maxWaitMs?: number;
  };
  /** For one request and its whole answer, 30 s where it is not said. */
  readonly timeoutMs?: number;
  /** 32 MiB where it is not said. */
  readonly maxResponseBytes?: number;
}

export type Transport = ReturnType<typeof createTransport>;

const firstBackoffMs = 1_000;
const usualAttempts = 4;
const passing: ReadonlySet<Failure['code']> = new Set(['connection_lost', 'timed_out', 'unreachable']);

export function createTransport(baseUrl: URL, options: TransportOptions) {
  const { clock, log, meter, timeoutMs = 30_000, maxResponseBytes = 33_554_432 } = options;
  const { requestsPerHour = 7_500, maxWaitMs: usualWaitMs = 60_000 } = options.budget ?? {};
  const budget = createRequestBudget({ requestsPerHour, clock, log });
  const serverClock = createServerClock();
  const agent = options.agent(baseUrl);
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
    const bounds = { timeoutMs, maxResponseBytes, signal, sleep };
    const sentAtMs = clock.now();
    const outcome = readResponse(await exchange({ url, method, agent, headers, body, ...bounds }), maxResponseBytes);
    meter.add('xiq_siem.api.requests', 1, { endpoint, status: statusOf(outcome) });
    if (outcome.kind === 'response') {
      budget.heard(rateLimitOf(outcome.headers));
      serverClock.heard(outcome.headers, sentAtMs, clock.now());
    }
    signal.throwIfAborted();
    return outcome;
  };

  const asked = ({ endpoint, secrets = [] }: ApiRequest, bearer: Secret | undefined): Asked => ({
    endpoint,
    origin: baseUrl.origin,
    secrets: bearer === undefined ? secrets : [bearer, ...secrets],
  });

  return {
    /** What messages about the request say, and what they must not say. */
    asked,
    budget: budget.state,
    /** Milliseconds that their clock is ahead of ours, negative where it is behind. Undefined: no answer told it lately. */
    clockAheadMs: (): number | undefined => serverClock.aheadMs(clock.now()),
    /** Any answer but 408, 429 and 5xx. Rejects with a ConnectorError, or with the signal's reason when it fires. */
    async send(request: ApiRequest, bearer: Secret | undefined, signal: AbortSignal): Promise<ApiResponse> {
      const { endpoint, repeatable, maxAttempts = usualAttempts } = request;
      const about = asked(request, bearer);
      let waitLeftMs = request.maxWaitMs ?? usualWaitMs;
      for (let attempt = 1; ; attempt++) {
        const beforeMs = clock.now();
        await budget.take(about, beforeMs + waitLeftMs, signal);
        waitLeftMs -= Math.max(0, clock.now() - beforeMs);

        const outcome = await once(request, bearer, signal);
        const fault = faultOf(outcome);
        if (outcome.kind === 'response' && fault === 'none') return outcome;

        const waitMs = Math.max(firstBackoffMs * 2 ** (attempt - 1), askedForMs(outcome, clock.now()));
        if (fault === 'rate_limited') budget.hold(waitMs);
        const mayBeDone = fault !== 'rate_limited' && !repeatable && (outcome.kind === 'response' || outcome.sent);
        if (fault === 'lasting' || mayBeDone || attempt >= maxAttempts || waitMs > waitLeftMs) {
          throw errorOf(about, outcome, mayBeDone, waitMs);
        }
        const reason = outcome.kind === 'response' ? `status_${outcome.status}` : outcome.code;
        log.warn('xiq_api.tries_again', { endpoint, attempt, reason, waitMs });
        await pause(clock, waitMs, signal);
        waitLeftMs -= waitMs;
      }
    },
  };
}

/** `lasting`: trying again would change nothing. */
function faultOf(outcome: ApiResponse | Failure): 'none' | 'rate_limited' | 'passing' | 'lasting' {
  if (outcome.kind === 'failed') return passing.has(outcome.code) ? 'passing' : 'lasting';
  if (outcome.status === 429) return 'rate_limited';
  return outcome.status >= 500 || outcome.status === 408 ? 'passing' : 'none';
}

/** How long the other side asks us to wait. */
function askedForMs(outcome: ApiResponse | Failure, nowMs: number): number {
  if (outcome.kind === 'failed') return 0;
  const { remaining, resetMs = 0 } = rateLimitOf(outcome.headers);
  const untilReset = outcome.status === 429 && remaining === 0 ? resetMs : 0;
  return retryAfterMs(outcome.headers['retry-after'], nowMs) ?? untilReset;
}

function errorOf(about: Asked, outcome: ApiResponse | Failure, mayBeDone: boolean, waitMs: number): ConnectorError {
  if (outcome.kind === 'failed') return failureError(about, outcome, mayBeDone);
  if (outcome.status === 429) return rateLimitedError(about, messageOf(outcome, about), waitMs);
  return serverError(about, outcome, mayBeDone);
}

function statusOf(outcome: ApiResponse | Failure): string {
  if (outcome.kind === 'failed') return 'failed';
  return outcome.status === 429 ? '429' : `${Math.floor(outcome.status / 100)}xx`;
}
