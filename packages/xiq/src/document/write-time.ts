// Formats times for documents: RFC 3339, UTC, with milliseconds.

let second = Number.NaN;
let prefix = '';

/** The same text as `Date.prototype.toISOString`. It caches the text of the last second, which many events share. */
export function writeTime(at: number): string {
  const ms = Math.floor(at);
  const newSecond = Math.floor(ms / 1000);
  if (newSecond !== second) {
    prefix = new Date(newSecond * 1000).toISOString().slice(0, -4);
    second = newSecond;
  }
  return `${prefix}${String(ms - newSecond * 1000).padStart(3, '0')}Z`;
}
