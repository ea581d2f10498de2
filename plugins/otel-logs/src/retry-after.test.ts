import { expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

it.each([
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
  ['Sun Mar  1 12:00:30 2026 GMT', 30_000],
  ['86400', 3_600_000],
  ['999999999999999', 3_600_000],
  ['Mon, 01 Mar 2027 12:00:00 GMT', 3_600_000],
])('%s is %i ms', (header, waitMs) => expect(retryAfterMs(header, nowMs)).toBe(waitMs));

it.each([undefined, '', '0', '-5', '1.5', 'soon', 'Sun, 99 Foo', 'Sat, 28 Feb 2026 12:00:00 GMT', '9'.repeat(400)])(
  '%s asks for no wait',
  (header) => expect(retryAfterMs(header, nowMs)).toBeUndefined(),
);
