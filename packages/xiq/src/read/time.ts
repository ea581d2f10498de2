// Reads times: epoch numbers, ISO 8601, RFC 2822, and the forms of Java. A form that has two meanings is not a time.

/** A point in time as it was read. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly ms: number;
  /** The same as if the source's time zone were UTC. Keys contain it, because they must not depend on the configuration. */
  readonly keyMs: number;
  /** False if the sender's time is more precise than a millisecond. */
  readonly exact: boolean;
}

/** What decides the meaning of a time that the sender wrote without an offset. */
export interface TimeContext {
  readonly offset: ZoneOffset;
  readonly receivedAtMs: number;
}

/**
 * Milliseconds to add to a local time to get UTC. There are two in an hour that exists twice, and
 * in an hour that does not exist.
 */
export type ZoneOffset = (localMs: number) => readonly number[];

const dayMs = 86_400_000;
/** Offsets change at full quarters of an hour. */
const quarterMs = 15 * 60_000;
const noOffset = [0];

const signed = (sign: string | undefined, hours = '0', minutes = '0', seconds = '0'): number =>
  (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;

/** The offsets of an IANA time zone. Throws RangeError for an unknown zone. */
export function zoneOffset(timeZone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (format.resolvedOptions().timeZone === 'UTC') return () => noOffset;
  const at = (utcMs: number): number => {
    const [, sign, ...parts] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(utcMs)) ?? [];
    return -signed(sign, ...parts);
  };
  const offsetsOf = (localMs: number): readonly number[] => {
    const [before, after] = [at(localMs - dayMs), at(localMs + dayMs)];
    if (before === after) return [before];
    const existing = [before, after].filter((offset) => at(localMs + offset) === offset);
    return existing.length === 1 ? existing : [before, after];
  };
  // A cache of the last quarter of an hour, which many events share.
  let quarter = Number.NaN;
  let offsets: readonly number[] = noOffset;
  return (localMs) => {
    const ofTime = Math.floor(localMs / quarterMs);
    if (ofTime !== quarter) {
      offsets = offsetsOf(ofTime * quarterMs);
      quarter = ofTime;
    }
    return offsets;
  };
}

/** The clock of a sender may be this much ahead of ours. */
const clockSkewMs = 60_000;

/** Of two readings, the nearest before the receipt. */
function fromLocal(localMs: number, { offset, receivedAtMs }: TimeContext): number {
  const readings = offset(localMs).map((ms) => localMs + ms);
  const earlier = readings.filter((ms) => ms <= receivedAtMs + clockSkewMs);
  return earlier.length === 0 ? Math.min(...readings) : Math.max(...earlier);
}

const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** A smaller epoch number is in seconds. In milliseconds it would be before March 1973. */
const secondsBelow = 1e11;

/** The unit of an epoch number, as a power of ten of a millisecond. The readings of the other units are not credible. */
function unitOf(size: number): number {
  if (size < secondsBelow) return 3;
  if (size <= lastMs) return 0;
  return size <= lastMs * 1e3 ? -3 : -6;
}

const inRange = (ms: number): boolean => ms >= firstMs && ms <= lastMs;

/** Texts of numbers that a double can carry. Java writes a double as 1.796031086776E9. */
const double = /^(?:-?\d{1,15}|\d(?:\.\d{1,14})?E\d{1,2})$/i;
const decimal = /^(-?)(\d{1,19})(?:\.(\d{1,15}))?$/;

/** Digit by digit, because a double cannot carry nanoseconds. */
function fromDecimal(text: string): Moment | undefined {
  const [, sign, whole, fraction = ''] = decimal.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const point = whole.length + unitOf(Number(whole));
  const digits = (whole + fraction).padEnd(point, '0');
  const ms = Number(`${sign}${digits.slice(0, point)}`);
  return inRange(ms) ? { ms, keyMs: ms, exact: !/[1-9]/.test(digits.slice(point)) } : undefined;
}

function fromNumber(value: number): Moment | undefined {
  if (!Number.isInteger(value)) return fromDecimal(String(value));
  const unit = unitOf(Math.abs(value));
  const scaled = unit < 0 ? value / 10 ** -unit : value * 10 ** unit;
  const ms = Math.trunc(scaled);
  return inRange(ms) ? { ms, keyMs: ms, exact: ms === scaled } : undefined;
}

/** The time of a calendar and a clock, as numbers. */
interface CalendarTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** The digits of the fraction of a second. */
  readonly fraction: string;
  /** Milliseconds to subtract to get UTC. Undefined: a local time of the source. */
  readonly offsetMs?: number | undefined;
  /** 0 is Sunday. */
  readonly weekday?: number | undefined;
}

function fromCalendar(time: CalendarTime, context: TimeContext): Moment | undefined {
  const { year, month, day, hour, minute, second, fraction, offsetMs, weekday } = time;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  // 400 years later, because Date.UTC reads the years 0 to 99 as 1900 to 1999. The calendar is the same.
  const date = Date.UTC(year + 400, month - 1, day) - 146_097 * dayMs;
  // Rejects dates such as 2026-02-30, which would become March 2.
  if (day > 28 && new Date(date).getUTCDate() !== day) return undefined;
  if (weekday !== undefined && new Date(date).getUTCDay() !== weekday) return undefined;
  const clock = ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  const keyMs = date + clock - (offsetMs ?? 0);
  if (!inRange(keyMs)) return undefined;
  const ms = offsetMs === undefined ? fromLocal(keyMs, context) : keyMs;
  return inRange(ms) ? { ms, keyMs, exact: !/[1-9]/.test(fraction.slice(3)) } : undefined;
}

const months = 'january february march april may june july august september october november december'.split(' ');
const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** The index of an English name or its beginning. -1 if there is none. */
const indexOfName = (names: readonly string[], text: string): number =>
  names.findIndex((name) => name.startsWith(text.toLowerCase()));

const clock = String.raw`(?<hour>\d\d?):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,12}))?)?(?:\s?(?<half>[AP])M)?`;
/** Other abbreviations, such as EST or IST, have several meanings. */
const zone = String.raw`(?:(?<utc>Z|UTC?|GMT)|(?:UTC?|GMT)?(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)`;
/** The name of the zone, after an offset that is valid without it. */
const zoneName = String.raw`(?:\s?(?:\[[\w/+:-]{1,40}\]|\([^()]{1,40}\)))?`;
const end = String.raw`${clock}(?:\s?${zone}${zoneName})?`;
const year = String.raw`(?<year>\d{4})`;
const month = '(?<month>[a-z]{3,9})';
const day = String.raw`(?<day>\d\d?)`;
const weekday = String.raw`(?:(?<weekday>[a-z]{3,9}),?\s)?`;

/** Without names of the groups, which are slow: 2026-11-30T05:00:00.776Z. */
const iso = new RegExp(String.raw`^(\d{4})[-/](\d\d)[-/](\d\d)[T ]${end.replaceAll(/\?<\w+>/g, '')}$`, 'i');
const wordForms = [
  // Mon, 30 Nov 2026 05:00:00 +0000
  String.raw`${weekday}${day}[ -]${month}[ -]${year},?\s${end}`,
  // Nov 30, 2026 5:00:00 AM
  String.raw`${weekday}${month}\s${day},?\s${year},?\s(?:at\s)?${end}`,
  // Mon Nov 30 05:00:00 UTC 2026
  String.raw`${weekday}${month}\s{1,2}${day}\s${clock}(?:\s${zone})?\s${year}`,
].map((form) => new RegExp(`^${form}$`, 'i'));

/** By the names of the groups. A month is a number or a name. */
type Parts = Readonly<Record<string, string | undefined>>;

function partsOf(text: string): Parts | undefined {
  const found = iso.exec(text);
  if (found === null) return wordForms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  const [, year, month, day, hour, minute, second, fraction, half, utc, sign, hours, minutes] = found;
  return { year, month, day, hour, minute, second, fraction, half, utc, sign, hours, minutes };
}

/** NaN if there is no such hour. */
function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
}

function fromParts(parts: Parts, context: TimeContext): Moment | undefined {
  const { year, month = '', day, hour, minute, second = 0, fraction = '', half } = parts;
  const { utc, sign, hours, minutes = '0', weekday } = parts;
  if (Number(hours) > 18 || Number(minutes) > 59) return undefined;
  const time = {
    year: Number(year),
    month: Number(month) || indexOfName(months, month) + 1,
    day: Number(day),
    hour: hourOf(Number(hour), half),
    minute: Number(minute),
    second: Number(second),
    fraction,
    offsetMs: utc === undefined && sign === undefined ? undefined : signed(sign, hours, minutes),
    weekday: weekday === undefined ? undefined : indexOfName(weekdays, weekday),
  };
  return fromCalendar(time, context);
}

/** A longer text is not a time. */
const maxLength = 100;

function fromText(text: string, context: TimeContext): Moment | undefined {
  if (text.length > maxLength) return undefined;
  const trimmed = text.trim();
  if (double.test(trimmed)) return fromNumber(Number(trimmed));
  const parts = partsOf(trimmed);
  return parts === undefined ? fromDecimal(trimmed) : fromParts(parts, context);
}

const numberOf = (part: unknown): number =>
  typeof part === 'number' && Number.isInteger(part) && part >= 0 ? part : Number.NaN;

/** Java's LocalDateTime: year, month, day, hour, minute, and if they are not 0, second and nanoseconds. */
function fromArray(value: readonly unknown[], context: TimeContext): Moment | undefined {
  if (value.length < 5 || value.length > 7) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanoseconds = 0] = value.map(numberOf);
  const fraction = String(nanoseconds).padStart(9, '0');
  if (fraction.length > 9) return undefined;
  return fromCalendar({ year, month, day, hour, minute, second, fraction }, context);
}

/** Undefined if the value is not a time, or not in the years 1 to 9999. */
export function readTime(value: unknown, context: TimeContext): Moment | undefined {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value === 'string') return fromText(value, context);
  return Array.isArray(value) ? fromArray(value, context) : undefined;
}
