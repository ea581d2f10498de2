// Readers: what a sender's value must be to be taken, by kind. What a reader refuses goes to `extra` as it is.
import { isIP } from 'node:net';
import type { JsonValue } from '@xiq-siem/core';
import { readMac, readStation, type Station } from './mac.ts';
import { type Moment, readTime, type ZoneOffset } from './time.ts';

/** What each kind of field is read as. */
export interface Kinds {
  /** Any scalar, as text. */
  text: string;
  mac: string;
  station: Station;
  ip: string;
  time: Moment;
  /** A whole number that is not negative. */
  count: number;
  /** Any finite number. */
  number: number;
  /** A scalar, or an array of scalars. */
  list: readonly string[];
}

export type Kind = keyof Kinds;

const decimal = /^-?\d{1,15}(?:\.\d{1,15})?$/;

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

function readNumber(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !decimal.test(value)) return undefined;
  const number = Number(value);
  return String(number) === value ? number : undefined;
}

function readCount(value: JsonValue): number | undefined {
  const number = readNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function readIp(value: JsonValue): string | undefined {
  // A zone (fe80::1%eth0) is no part of an address to a search engine.
  return typeof value === 'string' && isIP(value) !== 0 && !value.includes('%') ? value : undefined;
}

function readList(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value)) {
    const text = readText(value);
    return text === undefined ? undefined : [text];
  }
  const items: readonly JsonValue[] = value;
  const texts: string[] = [];
  for (const item of items) {
    const text = readText(item);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts.length === 0 ? undefined : texts;
}

export type Reader<K extends Kind> = (value: JsonValue, offset: ZoneOffset) => Kinds[K] | undefined;

export const readers: { readonly [K in Kind]: Reader<K> } = {
  text: readText,
  mac: (value) => (typeof value === 'string' ? readMac(value) : undefined),
  station: (value) => (typeof value === 'string' ? readStation(value) : undefined),
  ip: readIp,
  time: readTime,
  count: readCount,
  number: readNumber,
  list: readList,
};
