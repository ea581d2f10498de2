// Readers: read a value by the kind of its field. A value that a reader rejects goes to `extreme.xiq.extra`.
import { isIP } from 'node:net';
import type { JsonValue } from '@xiq-siem/core';
import { readMac, readStation } from './mac.ts';
import { readTime } from './time.ts';

const decimal = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** Any scalar, as text. */
function readText(value: JsonValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? undefined : value.isWellFormed() ? value : value.toWellFormed();
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

/** A scalar, or an array of scalars. */
function readList(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value)) {
    const text = readText(value);
    return text === undefined ? undefined : [text];
  }
  const texts = value.map(readText).filter((text) => text !== undefined);
  return texts.length === 0 || texts.length < value.length ? undefined : texts;
}

export const readers = {
  text: readText,
  mac: (value: JsonValue) => (typeof value === 'string' ? readMac(value) : undefined),
  station: (value: JsonValue) => (typeof value === 'string' ? readStation(value) : undefined),
  ip: readIp,
  time: readTime,
  count: readCount,
  number: readNumber,
  list: readList,
} as const;

export type Kind = keyof typeof readers;

/** The value type of each kind. */
export type Kinds = { [K in Kind]: NonNullable<ReturnType<(typeof readers)[K]>> };
