// The account's requests an hour: what we used of them, what is left, and waiting until there are more.
import type { Logger } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import { type Asked, rateLimitedError } from './api-errors.ts';
import { pause } from './pause.ts';
import type { RateLimit } from './rate-limit.ts';

const hourMs = 3_600_000;
/** The server says how much is left, but not until when. */
const unsaidResetMs = 60_000;
const saidAtMs = 1_000;

/** As of now. The account's other users count in `remaining` where the server speaks of them. */
export interface RequestBudget {
  /** The least of what is configured and what the server grants. */
  readonly perHour: number;
  /** Our own requests. */
  readonly usedLastHour: number;
  readonly remaining: number;
  /** Until the next request may be made: 0 is now. */
  readonly waitMs: number;
}

export interface BudgetOptions {
  readonly requestsPerHour: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createRequestBudget({ requestsPerHour, clock, log }: BudgetOptions) {
  /** When our requests of the last hour were made, oldest first: at most `requestsPerHour` of them. */
  let used: number[] = [];
  let perHour = requestsPerHour;
  let heldUntilMs = 0;
  let heldMs = 0;
  let left = { requests: Number.POSITIVE_INFINITY, untilMs: 0 };

  /** What lies ahead of the clock happened before now, and no wait is longer than it was. */
  const clockWentBack = (nowMs: number) => {
    used = used.map((atMs) => Math.min(atMs, nowMs));
    heldUntilMs = Math.min(heldUntilMs, nowMs + heldMs);
    left = { ...left, untilMs: Math.min(left.untilMs, nowMs + hourMs) };
  };

  const state = (): RequestBudget => {
    const nowMs = clock.now();
    if ((used.at(-1) ?? 0) > nowMs) clockWentBack(nowMs);
    const current = used.findIndex((atMs) => atMs > nowMs - hourMs);
    used = current < 0 ? [] : used.slice(current);
    const ours = perHour - used.length;
    const theirs = nowMs < left.untilMs ? left.requests : Number.POSITIVE_INFINITY;
    const oldest = used.at(-perHour);
    const waitMs = Math.max(
      0,
      heldUntilMs - nowMs,
      oldest === undefined ? 0 : oldest + hourMs - nowMs,
      theirs > 0 ? 0 : left.untilMs - nowMs,
    );
    return { perHour, usedLastHour: used.length, remaining: Math.max(0, Math.min(ours, theirs)), waitMs };
  };

  return {
    state,
    /**
     * Takes one request, now or when there is one. Rejects with `xiq_rate_limited` where that is later than `untilMs`
     * (epoch milliseconds), and with the signal's reason when it fires.
     */
    async take(asked: Asked, untilMs: number, signal: AbortSignal): Promise<void> {
      for (;;) {
        signal.throwIfAborted();
        const { waitMs, remaining } = state();
        if (waitMs === 0) break;
        if (clock.now() + waitMs > untilMs) {
          const used = `the ${perHour} requests an hour of the account are used up`;
          throw rateLimitedError(asked, remaining === 0 ? used : 'ExtremeCloud IQ asks us to wait (429)', waitMs);
        }
        if (waitMs >= saidAtMs) log.info('xiq_api.waits', { endpoint: asked.endpoint, waitMs, remaining });
        await pause(clock, waitMs, signal);
      }
      used.push(clock.now());
      left.requests--;
    },
    /** What the server says about the account. */
    heard({ perHour: granted, remaining, resetMs = unsaidResetMs }: RateLimit): void {
      if (granted !== undefined) perHour = Math.max(1, Math.min(requestsPerHour, granted));
      if (remaining !== undefined) left = { requests: remaining, untilMs: clock.now() + resetMs };
    },
    /** The server wants no request for so long. */
    hold(ms: number): void {
      heldMs = ms;
      heldUntilMs = Math.max(heldUntilMs, clock.now() + ms);
    },
  };
}
