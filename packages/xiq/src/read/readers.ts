// Readers: read a value by the kind of its field. A value that a reader rejects goes to `extreme.xiq.extra`.
import { isIP } from 'node:net';
import type { JsonValue } from '@xiq-siem/core';
import { readMac, readStation } from './mac.ts';
import { readTime } from './time.ts';

/** What senders write for "none", in lower case. */
const placeholders: ReadonlySet<JsonValue> = new Set<JsonValue>(['', 'null', '-1', -1, '0.0.0.0', '::']);
/** A MAC address of zeros, in any notation. */
const noMac = /^00(?:[:\-. ]?00){5}$/;
/** An IP address of zeros. */
const noIp = /^(?:[0:]*:ffff:)?(?:0+[.:]|::)[0:.]*$/i;
const longestPlaceholder = 17;

/** Whether a value of a field says that there is none. It goes to `extreme.xiq.extra`, and is not unreadable. */
export function isPlaceholder(value: JsonValue, kind: Kind): boolean {
  if (kind === 'number') return false;
  if (kind === 'time' && (value === 0 || value === '0')) return true;
  if (typeof value !== 'string') return placeholders.has(value);
  if (kind === 'ip' && noIp.test(value.trim())) return true;
  if (value.length > longestPlaceholder) return value.trim() === '';
  const text = value.trim();
  return placeholders.has(text.toLowerCase()) || (text.startsWith('00') && noMac.test(text));
}

const decimal = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** Any scalar, as text. */
function readText(value: JsonValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? value : value.toWellFormed();
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** Any finite number. */
function readNumber(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !decimal.test(value)) return undefined;
  const number = Number(value);
  return String(number) === value ? number : undefined;
}

/** A non-negative integer. */
function readCount(value: JsonValue): number | undefined {
  const number = readNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function readIp(value: JsonValue): string | undefined {
  // Search engines do not accept a zone (fe80::1%eth0).
  return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%') ? value : undefined;
}

/** An array of scalars, or a text with commas between the items. */
function readList(value: JsonValue): readonly string[] | undefined {
  const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
  if (!Array.isArray(items)) {
    const text = readText(value);
    return text === undefined ? undefined : [text];
  }
  const present = items.filter((item) => item !== null && !isPlaceholder(item, 'list'));
  const texts = present.map(readText).filter((text) => text !== undefined);
  return texts.length === 0 || texts.length < present.length ? undefined : texts;
}

export const readers = {
  text: readText,
  mac: (value: JsonValue) => (typeof value === 'string' ? readMac(value) : undefined),
  station: (value: JsonValue) => (typeof value === 'string' ? readStation(value.toWellFormed()) : undefined),
  ip: readIp,
  time: readTime,
  count: readCount,
  number: readNumber,
  list: readList,
  /** Its members may be fields of the table. The others stay in `extreme.xiq.extra`. */
  object: (): undefined => undefined,
} as const;

export type Kind = keyof typeof readers;

/** The value type of each kind. */
export type Kinds = { [K in Kind]: NonNullable<ReturnType<(typeof readers)[K]>> };
