// The canonical text of an element: equal in every spelling of the same content, different for different content.
import type { JsonValue } from '@xiq-siem/core';
import { foldJson, type JsonFold } from './body/fold-json.ts';
import { isArray } from './body/json-value.ts';
import { decimalParts } from './body/scan.ts';
import { plainName } from './plain-name.ts';

/** Of a larger power of ten, the digits are not written out. It is above the range of a double. */
const maxPower = 400;

/** A number without exponent, leading or trailing zeros: `1`, `1.0` and `1e0` give `1`. */
export function plainDecimal(source: string): string {
  const { sign, digits, power } = decimalParts(source);
  if (digits === '') return '0';
  const point = digits.length + power;
  if (Math.abs(power) > maxPower) return `${sign}${digits}e${power}`;
  if (power >= 0) return sign + digits + '0'.repeat(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const scalar = (text: string): string => `${text.length}:${text}`;
/** An absent item of a list keeps its place. */
const absentItem = '-';

// Each part shows where it ends, so different content has different texts. '' is an absent value.
const listOf = (items: readonly string[]): string =>
  items.every((item) => item === '') ? '' : `[${items.map((item) => (item === '' ? absentItem : item)).join('')}]`;

/** The names and values of an object, each at the same index. */
interface Pairs {
  readonly names: string[];
  readonly values: string[];
}

const prefixes = new Map<string, string>();
const maxCached = 4_096;
const maxCachedLength = 64;

/** The plain name with its length. A cache, because elements have few names. */
function prefixOf(name: string): string {
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  const prefix = scalar(plainName(name));
  if (prefixes.size < maxCached && name.length <= maxCachedLength) prefixes.set(name, prefix);
  return prefix;
}

function addPair({ names, values }: Pairs, name: string, value: string): void {
  if (value === '') return;
  names.push(prefixOf(name));
  values.push(value);
}

/** Larger objects are sorted by the engine. */
const maxInserted = 32;

/** Sorts by name, then by value. Short lists of short names are sorted faster by insertion. */
function sortPairs({ names, values }: Pairs): void {
  if (names.length > maxInserted) {
    const order = names.map((name, index) => ({ name, value: values[index] ?? '' }));
    order.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
    for (const [index, { name, value }] of order.entries()) {
      names[index] = name;
      values[index] = value;
    }
    return;
  }
  for (let index = 1; index < names.length; index++) {
    const [name = '', value = ''] = [names[index], values[index]];
    let at = index;
    for (; at > 0; at--) {
      const [before = '', valueBefore = ''] = [names[at - 1], values[at - 1]];
      if (before < name || (before === name && valueBefore <= value)) break;
      names[at] = before;
      values[at] = valueBefore;
    }
    names[at] = name;
    values[at] = value;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function objectOf(pairs: Pairs): string {
  const { names, values } = pairs;
  if (names.length === 0) return '';
  sortPairs(pairs);
  let text = '{';
  for (let index = 0; index < names.length; index++) {
    const isRepeated = names[index] === names[index - 1] && values[index] === values[index - 1];
    if (!isRepeated) text += `${names[index]}${values[index]}`;
  }
  return `${text}}`;
}

function ofNumber(value: number): string {
  const text = String(value);
  return scalar(text.includes('e') ? plainDecimal(text) : text);
}

/**
 * The canonical text of a parsed value. null, '', [] and {} are absent, and give ''. A number or boolean equals the same
 * text. Objects are sets of pairs; names are compared as `plainName`.
 */
export function canonicalText(value: JsonValue | undefined): string {
  switch (typeof value) {
    case 'string':
      return value === '' ? '' : scalar(value);
    case 'number':
      return ofNumber(value);
    case 'boolean':
      return scalar(String(value));
    default:
  }
  if (value === null || typeof value !== 'object') return '';
  if (isArray(value)) return listOf(value.map(canonicalText));
  const pairs: Pairs = { names: [], values: [] };
  for (const name in value) addPair(pairs, name, canonicalText(value[name]));
  return objectOf(pairs);
}

const ofText = (text: string): string => (text === '' ? '' : scalar(text));

const canonicalFold: JsonFold<string> = {
  text: ofText,
  number: (source) => scalar(plainDecimal(source)),
  literal: (value) => (value === null ? '' : scalar(String(value))),
  array: listOf,
  object(members) {
    const pairs: Pairs = { names: [], values: [] };
    for (const [name, value] of members) addPair(pairs, name, value);
    return objectOf(pairs);
  },
};

/**
 * The canonical text of valid JSON text. It has what a parsed value loses: every value of a repeated name, and numbers that
 * a double cannot represent. Slower than `canonicalText`.
 */
export const canonicalTextOf = (json: string): string => foldJson(json, canonicalFold);
