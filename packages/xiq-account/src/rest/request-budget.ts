// Limits API requests per hour: counts ours, follows the server's rate limit, and waits for the next free request.
import type { Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { type RequestContext, rateLimitedError } from './api-errors.ts';
import { pause } from './pause.ts';
import type { RateLimit } from './rate-limit.ts';

const hourMs = 3_600_000;
/** If the server reports the remaining requests, but not when they are reset. */
const defaultResetMs = 60_000;
const minLoggedWaitMs = 1_000;

/** The current state. `remaining` includes other API clients of the account if the server reports them. */
export interface RequestBudget {
  /** The lower of the configured limit and the server's. */
  readonly perHour: number;
  /** Our own requests. */
  readonly usedLastHour: number;
  readonly remaining: number;
  /** Time until the next request is allowed; 0: now. */
  readonly waitMs: number;
}

export interface BudgetOptions {
  readonly requestsPerHour: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createRequestBudget({ requestsPerHour, clock, log }: BudgetOptions) {
  /** Times of our requests of the last hour, oldest first; at most `requestsPerHour`. */
  let used: number[] = [];
  let perHour = requestsPerHour;
  let pausedUntilMs = 0;
  let pauseMs = 0;
  let serverLimit = { remaining: Number.POSITIVE_INFINITY, untilMs: 0 };

  /** After the clock was set back: no recorded time is in the future, and no wait is longer than before. */
  const correctTimes = (nowMs: number) => {
    used = used.map((atMs) => Math.min(atMs, nowMs));
    pausedUntilMs = Math.min(pausedUntilMs, nowMs + pauseMs);
    serverLimit = { ...serverLimit, untilMs: Math.min(serverLimit.untilMs, nowMs + hourMs) };
  };

  const budgetState = (): RequestBudget => {
    const nowMs = clock.now();
    if ((used.at(-1) ?? 0) > nowMs) correctTimes(nowMs);
    const current = used.findIndex((atMs) => atMs > nowMs - hourMs);
    used = current < 0 ? [] : used.slice(current);
    const ownRemaining = perHour - used.length;
    const serverRemaining = nowMs < serverLimit.untilMs ? serverLimit.remaining : Number.POSITIVE_INFINITY;
    const oldest = used.at(-perHour);
    const waitMs = Math.max(
      0,
      pausedUntilMs - nowMs,
      oldest === undefined ? 0 : oldest + hourMs - nowMs,
      serverRemaining > 0 ? 0 : serverLimit.untilMs - nowMs,
    );
    const remaining = Math.max(0, Math.min(ownRemaining, serverRemaining));
    return { perHour, usedLastHour: used.length, remaining, waitMs };
  };

  async function takeRequest(context: RequestContext, untilMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const { waitMs, remaining } = budgetState();
      if (waitMs === 0) break;
      if (clock.now() + waitMs > untilMs) {
        const usedUp = `the account has used its ${perHour} requests per hour`;
        throw rateLimitedError(context, remaining === 0 ? usedUp : 'ExtremeCloud IQ requires a wait (429)', waitMs);
      }
      const { endpoint } = context;
      if (waitMs >= minLoggedWaitMs) log.info('xiq_api.request_delayed', { endpoint, waitMs, remaining });
      await pause(clock, waitMs, signal);
    }
    used.push(clock.now());
    serverLimit.remaining--;
  }

  return {
    state: budgetState,
    /**
     * Counts one request, now or when one is free. Rejects with `xiq_rate_limited` if that is later than `untilMs`
     * (epoch milliseconds), and with the signal's reason when it fires.
     */
    take: takeRequest,
    /** Applies the rate limit of a response. */
    updateLimit({ perHour: granted, remaining, resetMs = defaultResetMs }: RateLimit): void {
      if (granted !== undefined) perHour = Math.max(1, Math.min(requestsPerHour, granted));
      if (remaining !== undefined) serverLimit = { remaining, untilMs: clock.now() + resetMs };
    },
    /** Allows no request for this time. */
    pauseRequests(ms: number): void {
      pauseMs = ms;
      pausedUntilMs = Math.max(pausedUntilMs, clock.now() + ms);
    },
  };
}
