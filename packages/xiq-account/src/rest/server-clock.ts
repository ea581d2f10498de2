// How far the clock of ExtremeCloud IQ is from ours, by the Date of its answers.
import type { IncomingHttpHeaders } from 'node:http';

/** Whoever sets a clock right is seen after this. */
const rememberedMs = 10 * 60_000;
/** A Date says whole seconds. */
const secondMs = 1_000;

export function createServerClock() {
  let told: { readonly aheadMs: number; readonly atMs: number } | undefined;
  return {
    /** Takes an answer's headers; by our clock it lies between these two times. */
    heard({ date = '', age = '0' }: IncomingHttpHeaders, sentAtMs: number, answeredAtMs: number): void {
      const theirMs = /^[A-Z][a-z]{2}, /.test(date) ? Date.parse(date) : Number.NaN;
      // What comes out of a cache was dated when it went in.
      if (Number.isNaN(theirMs) || age.trim() !== '0') return;
      const [leastMs, mostMs] = [theirMs - answeredAtMs, theirMs + secondMs - sentAtMs];
      const agrees = leastMs <= 0 && mostMs >= 0;
      told = { aheadMs: agrees ? 0 : Math.round((leastMs + mostMs) / 2), atMs: answeredAtMs };
    },
    /** Milliseconds that it is ahead of ours, negative where it is behind. Undefined: no answer told it lately. */
    aheadMs: (nowMs: number): number | undefined =>
      told !== undefined && Math.abs(nowMs - told.atMs) < rememberedMs ? told.aheadMs : undefined,
  };
}
