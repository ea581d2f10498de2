// Reads the account's rate limit from response headers.
import type { IncomingHttpHeaders } from 'node:http';

const hourMs = 3_600_000;

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;

export interface RateLimit {
  /** Requests per hour, if the server limits by the hour. */
  readonly perHour: number | undefined;
  /** Remaining requests of the account, for all its API clients. */
  readonly remaining: number | undefined;
  /** Time until `remaining` is reset, an hour at most. */
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
