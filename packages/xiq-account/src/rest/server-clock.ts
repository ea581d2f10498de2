// Measures the difference between ExtremeCloud IQ's clock and ours by the Date header of responses.
import type { IncomingHttpHeaders } from 'node:http';

/** A measurement is valid this long: a clock may be corrected. */
const validMs = 10 * 60_000;
/** The resolution of a Date header. */
const secondMs = 1_000;

export function createServerClock() {
  let measured: { readonly aheadMs: number; readonly atMs: number } | undefined;

  function measureClock({ date = '', age = '0' }: IncomingHttpHeaders, sentAtMs: number, receivedAtMs: number): void {
    const serverMs = /^[A-Z][a-z]{2}, /.test(date) ? Date.parse(date) : Number.NaN;
    // A cached response has the date of its original.
    if (Number.isNaN(serverMs) || age.trim() !== '0') return;
    const [minMs, maxMs] = [serverMs - receivedAtMs, serverMs + secondMs - sentAtMs];
    const agrees = minMs <= 0 && maxMs >= 0;
    measured = { aheadMs: agrees ? 0 : Math.round((minMs + maxMs) / 2), atMs: receivedAtMs };
  }

  return {
    /** Takes the headers of a response, and our times of its request and its receipt. */
    measure: measureClock,
    /** Milliseconds that the server's clock is ahead of ours, negative if behind. Undefined: no recent measurement. */
    aheadMs: (nowMs: number): number | undefined =>
      measured !== undefined && Math.abs(nowMs - measured.atMs) < validMs ? measured.aheadMs : undefined,
  };
}
