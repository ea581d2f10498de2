// What an answer's headers say about waiting: Retry-After, and the rate limit of the account.
import type { IncomingHttpHeaders } from 'node:http';

const hourMs = 3_600_000;

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;

/** Milliseconds to wait, a day at most, by the Retry-After header: seconds, or a date. Undefined where it says nothing. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const waitMs = isDate ? Date.parse(text) - nowMs : (seconds(text) ?? 0) * 1000;
  return waitMs > 0 ? Math.min(waitMs, 24 * hourMs) : undefined;
}

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
