// Times as documents write them: RFC 3339, UTC, with milliseconds.

let second = Number.NaN;
let prefix = '';

/** The same text as `Date.prototype.toISOString`. Events come in runs of one second: its part of the text is kept. */
export function writeTime(at: number): string {
  const ms = Math.floor(at);
  const wanted = Math.floor(ms / 1000);
  if (wanted !== second) {
    prefix = new Date(wanted * 1000).toISOString().slice(0, -4);
    second = wanted;
  }
  return `${prefix}${String(ms - wanted * 1000).padStart(3, '0')}Z`;
}
