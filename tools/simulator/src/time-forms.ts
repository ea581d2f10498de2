// Forms in which a sender may write a time.
import type { Json } from './json.ts';
import type { Random } from './random.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Each writes epoch milliseconds. Texts without an offset are in UTC. */
const writers = {
  ms: (timeMs) => timeMs,
  s: (timeMs) => Math.floor(timeMs / 1000),
  iso: (timeMs) => isoWithOffset(timeMs),
  isoZ: (timeMs) => new Date(timeMs).toISOString(),
  isoColon: (timeMs) => `${new Date(timeMs + 19_800_000).toISOString().slice(0, -1)}+05:30`,
  isoLocal: (timeMs) => new Date(timeMs).toISOString().slice(0, -1),
  isoMicroseconds: (timeMs) => new Date(timeMs).toISOString().replace('Z', '000Z'),
  /** The text of Java's ZonedDateTime. */
  isoZone: (timeMs) => `${new Date(timeMs).toISOString()}[UTC]`,
  sql: (timeMs) => new Date(timeMs).toISOString().replace('T', ' ').slice(0, -1),
  msText: (timeMs) => String(timeMs),
  secondsText: (timeMs) => (timeMs / 1000).toFixed(3),
  microseconds: (timeMs) => timeMs * 1000,
  rfc2822: (timeMs) => new Date(timeMs).toUTCString().replace('GMT', '+0000'),
  /** The text of Java's DateFormat, before and since Java 9. */
  javaText: (timeMs) => javaText(timeMs, '', ' '),
  javaTextNow: (timeMs) => javaText(timeMs, ',', '\u202f'),
  /** Java's LocalDateTime as a list; the last number is in nanoseconds. */
  javaList: (timeMs) => {
    const date = new Date(timeMs);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const nanoseconds = date.getUTCMilliseconds() * 1_000_000;
    return [year, month, day, date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), nanoseconds];
  },
} as const satisfies Readonly<Record<string, (timeMs: number) => Json>>;

export type TimeForm = keyof typeof writers;

const wholeSeconds: readonly TimeForm[] = ['s', 'rfc2822', 'javaText', 'javaTextNow'];
const timeForms = Object.keys(writers).filter(isTimeForm);

/** Whether the form carries no milliseconds. */
export function isInSeconds(form: TimeForm): boolean {
  return wholeSeconds.includes(form);
}

export function pickTimeForm(random: Random): TimeForm {
  return random.chance(0.85) ? 'ms' : random.chance(0.5) ? 's' : 'iso';
}

export function pickAnyTimeForm(random: Random): TimeForm {
  return random.pick(timeForms);
}

export function writeTime(timeMs: number, form: TimeForm): Json {
  return writers[form](timeMs);
}

/** ISO 8601 with an offset without a colon, as in the location feed. */
export function isoWithOffset(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}

function javaText(timeMs: number, comma: string, space: string): string {
  const date = new Date(timeMs);
  const hour = date.getUTCHours();
  const clock = [hour % 12 === 0 ? 12 : hour % 12, twoDigits(date.getUTCMinutes()), twoDigits(date.getUTCSeconds())];
  const day = `${months[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}${comma}`;
  return `${day} ${clock.join(':')}${space}${hour < 12 ? 'AM' : 'PM'}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function isTimeForm(name: string): name is TimeForm {
  return Object.hasOwn(writers, name);
}
