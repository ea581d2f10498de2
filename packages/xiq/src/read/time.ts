// Reads times: epoch milliseconds or seconds, and ISO 8601.

/** A point in time as it was read. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly ms: number;
  /** The same as if the source's time zone were UTC. Ids contain it, because they must not depend on the configuration. */
  readonly keyMs: number;
  /** False if the sender's time is more precise than a millisecond. */
  readonly exact: boolean;
  /** As the sender wrote it. */
  readonly text: string;
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/i;
const digits = /^-?\d{1,16}$/;
/** A smaller epoch number is in seconds. In milliseconds it would be before March 1973. */
const secondsBelow = 1e11;
const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Milliseconds to add to a local time to get UTC. */
export type ZoneOffset = (localMs: number) => number;

/** The offset of an IANA time zone. Throws RangeError for an unknown zone. */
export function zoneOffset(timeZone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  });
  if (format.resolvedOptions().timeZone === 'UTC') return () => 0;
  const at = (utcMs: number): number => {
    const part = new Map(format.formatToParts(utcMs).map(({ type, value }) => [type, value]));
    const number = (name: Intl.DateTimeFormatPartTypes): number => Number(part.get(name));
    const local = Date.UTC(
      number('year'),
      number('month') - 1,
      number('day'),
      number('hour'),
      number('minute'),
      number('second'),
    );
    return Math.floor(utcMs / 1000) * 1000 - local;
  };
  // Twice: near a change of daylight saving time, the first offset may be wrong.
  return (localMs) => at(localMs + at(localMs));
}

function fromEpoch(value: number, text: string): Moment | undefined {
  const scaled = Math.abs(value) < secondsBelow ? value * 1000 : value;
  const ms = Math.round(scaled);
  if (!(ms >= firstMs && ms <= lastMs)) return undefined;
  return { ms, keyMs: ms, exact: Math.abs(scaled - ms) < 1e-3, text };
}

function fromIso(text: string, offset: ZoneOffset): Moment | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [field(1), field(2), field(3), field(4), field(5), field(6)];
  const fraction = match[7] ?? '';
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // Rejects dates such as 2026-02-30, which would become March 2.
  if (month < 1 || month > 12 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return undefined;
  const local = date.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const exact = !/[1-9]/.test(fraction.slice(3));
  let keyMs = local;
  let ms = local;
  if (match[9] !== undefined) {
    if (field(10) > 18 || field(11) > 59) return undefined;
    ms -= (match[9] === '-' ? -1 : 1) * (field(10) * 60 + field(11)) * 60_000;
    keyMs = ms;
  } else if (match[8] === undefined) {
    ms += offset(local);
  }
  return ms >= firstMs && ms <= lastMs ? { ms, keyMs, exact, text } : undefined;
}

/** Undefined if the value is not a time, or not in the years 1 to 9999. */
export function readTime(value: unknown, offset: ZoneOffset): Moment | undefined {
  if (typeof value === 'number') return fromEpoch(value, String(value));
  if (typeof value !== 'string') return undefined;
  return digits.test(value) ? fromEpoch(Number(value), value) : fromIso(value, offset);
}
