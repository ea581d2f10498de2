// Sends an API request within the request budget, retries it where that is safe, and counts each attempt.
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
import {
  describeResponse,
  type Endpoint,
  failureError,
  type RequestContext,
  rateLimitedError,
  serverError,
} from './api-errors.ts';
import { type ApiResponse, type Failure, readResponse } from './api-response.ts';
import { pause } from './pause.ts';
import { rateLimitOf } from './rate-limit.ts';
import { createRequestBudget } from './request-budget.ts';
import { createServerClock } from './server-clock.ts';

export const apiMetrics = {
  'xiq_siem.api.requests': {
    help: 'Requests to the API of ExtremeCloud IQ, by call and by status: 2xx, 3xx, 4xx, 429, 5xx, or failed (no response).',
    unit: '{request}',
    attributes: ['endpoint', 'status'],
  },
} as const satisfies MetricTable;

export type ApiMeter = Meter<keyof typeof apiMetrics>;

export interface ApiRequest {
  readonly endpoint: Endpoint;
  readonly method: HttpRequest['method'];
  /** After the base URL, with the query. */
  readonly path: string;
  readonly body?: string;
  /** Whether the request is idempotent. */
  readonly repeatable: boolean;
  /** Secrets of the body, which no message may contain. */
  readonly secrets?: readonly Secret[];
  /** Default: 4. */
  readonly maxAttempts?: number;
  /** The longest total wait of all attempts for the budget, a 429 or a Retry-After. */
  readonly maxWaitMs?: number | undefined;
}

export interface TransportOptions {
  /** Verifies certificates and uses the configured proxy. */
  readonly agent: (url: URL) => Agent;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: ApiMeter;
  readonly budget?: {
    /** Default: 7500, the limit of an account for all its API clients. */
    readonly requestsPerHour?: number;
    /** The longest wait of a call for the budget or a 429; 0 never waits. Default: a minute. */
    readonly maxWaitMs?: number;
  };
  /** For one request with its complete response. Default: 30 s. */
  readonly timeoutMs?: number;
  /** Default: 32 MiB. */
  readonly maxResponseBytes?: number;
}

export type Transport = ReturnType<typeof createTransport>;

const firstBackoffMs = 1_000;
const defaultAttempts = 4;
const transientCodes: ReadonlySet<Failure['code']> = new Set(['connection_lost', 'timed_out', 'unreachable']);

export function createTransport(baseUrl: URL, options: TransportOptions) {
  const { clock, log, meter, timeoutMs = 30_000, maxResponseBytes = 33_554_432 } = options;
  const { requestsPerHour = 7_500, maxWaitMs: defaultMaxWaitMs = 60_000 } = options.budget ?? {};
  const budget = createRequestBudget({ requestsPerHour, clock, log });
  const serverClock = createServerClock();
  const agent = options.agent(baseUrl);
  const base = baseUrl.href.replace(/\/+$/, '');

  const sendOnce = async (
    { endpoint, method, path, body }: ApiRequest,
    bearer: Secret | undefined,
    signal: AbortSignal,
  ) => {
    const url = new URL(`${base}${path}`);
    const headers = {
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(bearer !== undefined && { Authorization: `Bearer ${bearer.reveal()}` }),
    };
    const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until);
    const bounds = { timeoutMs, maxResponseBytes, signal, sleep };
    const sentAtMs = clock.now();
    const outcome = readResponse(await exchange({ url, method, agent, headers, body, ...bounds }), maxResponseBytes);
    meter.add('xiq_siem.api.requests', 1, { endpoint, status: statusOf(outcome) });
    if (outcome.kind === 'response') {
      budget.updateLimit(rateLimitOf(outcome.headers));
      serverClock.measure(outcome.headers, sentAtMs, clock.now());
    }
    signal.throwIfAborted();
    return outcome;
  };

  const contextOf = ({ endpoint, secrets = [] }: ApiRequest, bearer: Secret | undefined): RequestContext => ({
    endpoint,
    origin: baseUrl.origin,
    secrets: bearer === undefined ? secrets : [bearer, ...secrets],
  });

  async function sendRequest(
    request: ApiRequest,
    bearer: Secret | undefined,
    signal: AbortSignal,
  ): Promise<ApiResponse> {
    const { endpoint, repeatable, maxAttempts = defaultAttempts } = request;
    const context = contextOf(request, bearer);
    let remainingWaitMs = request.maxWaitMs ?? defaultMaxWaitMs;
    for (let attempt = 1; ; attempt++) {
      const beforeMs = clock.now();
      await budget.take(context, beforeMs + remainingWaitMs, signal);
      remainingWaitMs -= Math.max(0, clock.now() - beforeMs);

      const outcome = await sendOnce(request, bearer, signal);
      const fault = faultOf(outcome);
      if (outcome.kind === 'response' && fault === 'none') return outcome;

      const waitMs = Math.max(firstBackoffMs * 2 ** (attempt - 1), requestedWaitMs(outcome, clock.now()));
      if (fault === 'rate_limited') budget.pauseRequests(waitMs);
      const mayBeDone = fault !== 'rate_limited' && !repeatable && (outcome.kind === 'response' || outcome.sent);
      if (fault === 'permanent' || mayBeDone || attempt >= maxAttempts || waitMs > remainingWaitMs) {
        throw errorOf(context, outcome, mayBeDone, waitMs);
      }
      const reason = outcome.kind === 'response' ? `status_${outcome.status}` : outcome.code;
      log.warn('xiq_api.request_retried', { endpoint, attempt, reason, waitMs });
      await pause(clock, waitMs, signal);
      remainingWaitMs -= waitMs;
    }
  }

  return {
    /** For error messages about a request. */
    contextOf,
    budget: budget.state,
    /** Milliseconds that the server's clock is ahead of ours, negative if behind. Undefined: no recent response has a date. */
    clockAheadMs: (): number | undefined => serverClock.aheadMs(clock.now()),
    /**
     * Resolves with a response of any status but 408, 429 and 5xx. Rejects with a ConnectorError, or with the signal's
     * reason when it fires.
     */
    send: sendRequest,
  };
}

/** `permanent`: a retry would not help. */
function faultOf(outcome: ApiResponse | Failure): 'none' | 'rate_limited' | 'transient' | 'permanent' {
  if (outcome.kind === 'failed') return transientCodes.has(outcome.code) ? 'transient' : 'permanent';
  if (outcome.status === 429) return 'rate_limited';
  return outcome.status >= 500 || outcome.status === 408 ? 'transient' : 'none';
}

/** The wait that the server requests. */
function requestedWaitMs(outcome: ApiResponse | Failure, nowMs: number): number {
  if (outcome.kind === 'failed') return 0;
  const { remaining, resetMs = 0 } = rateLimitOf(outcome.headers);
  const untilReset = outcome.status === 429 && remaining === 0 ? resetMs : 0;
  return retryAfterMs(outcome.headers['retry-after'], nowMs) ?? untilReset;
}

function errorOf(
  context: RequestContext,
  outcome: ApiResponse | Failure,
  mayBeDone: boolean,
  waitMs: number,
): ConnectorError {
  if (outcome.kind === 'failed') return failureError(context, outcome, mayBeDone);
  if (outcome.status === 429) return rateLimitedError(context, describeResponse(outcome, context), waitMs);
  return serverError(context, outcome, mayBeDone);
}

function statusOf(outcome: ApiResponse | Failure): string {
  if (outcome.kind === 'failed') return 'failed';
  return outcome.status === 429 ? '429' : `${Math.floor(outcome.status / 100)}xx`;
}
