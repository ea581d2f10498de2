import { expect, it } from 'vitest';
import { rateLimitOf } from './rate-limit.ts';

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
