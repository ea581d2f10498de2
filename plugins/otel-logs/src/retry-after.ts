// The Retry-After header: seconds, or a date.

const maxWaitMs = 3_600_000;

/** Milliseconds to wait, an hour at most; undefined where the header is missing, makes no sense or is over. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const isDate = /^[A-Z][a-z]{2,8},? /.test(text);
  const waitMs = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : isDate ? Date.parse(text) - nowMs : 0;
  return waitMs > 0 ? Math.min(waitMs, maxWaitMs) : undefined;
}
