import { expect, it } from 'vitest';
import { rateLimitOf, retryAfterMs } from './wait-headers.ts';

const nowMs = Date.UTC(2026, 0, 1);

it.each([
  ['30', 30_000],
  [' 5 ', 5_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', undefined],
  ['0', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['999999999', 86_400_000],
  [undefined, undefined],
])('Retry-After %s is %s ms', (header, waitMs) => {
  expect(retryAfterMs(header === undefined ? {} : { 'retry-after': header }, nowMs)).toBe(waitMs);
});

it.each([
  [{}, { perHour: undefined, remaining: undefined, resetMs: undefined }],
  [
    { 'ratelimit-limit': '7500;w=3600', 'ratelimit-remaining': '7438', 'ratelimit-reset': '12' },
    { perHour: 7_500, remaining: 7_438, resetMs: 12_000 },
  ],
  [
    { 'ratelimit-limit': '7500', 'ratelimit-remaining': 'many', 'ratelimit-reset': '999999' },
    { perHour: undefined, remaining: undefined, resetMs: 3_600_000 },
  ],
])('%j is %j', (headers, limit) => {
  expect(rateLimitOf(headers)).toEqual(limit);
});
