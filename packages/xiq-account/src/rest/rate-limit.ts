// What an answer's headers say about the rate limit of the account.
import type { IncomingHttpHeaders } from 'node:http';

const hourMs = 3_600_000;

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;

export interface RateLimit {
  /** Requests an hour, where the server counts by the hour. */
  readonly perHour: number | undefined;
  /** What is left of the account's requests, whoever makes them. */
  readonly remaining: number | undefined;
  /** Until `remaining` is a new one, an hour at most. */
  readonly resetMs: number | undefined;
}

/** `RateLimit-Limit: 7500;w=3600`, `RateLimit-Remaining: 7438`, `RateLimit-Reset: 12`, as ExtremeCloud IQ writes them. */
export function rateLimitOf(headers: IncomingHttpHeaders): RateLimit {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const limit = /^\s*(\d{1,9})\s*;\s*w=3600\s*$/.exec(one('ratelimit-limit') ?? '');
  const reset = seconds(one('ratelimit-reset'));
  return {
    perHour: limit === null ? undefined : Number(limit[1]),
    remaining: seconds(one('ratelimit-remaining')),
    resetMs: reset === undefined ? undefined : Math.min(reset * 1000, hourMs),
  };
}
