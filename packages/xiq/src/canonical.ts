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

function objectOf(pairs: string[]): string {
  if (pairs.length === 0) return '';
  pairs.sort();
  let text = '{';
  for (let index = 0; index < pairs.length; index++) {
    if (index === 0 || pairs[index] !== pairs[index - 1]) text += pairs[index];
  }
  return `${text}}`;
}

function addPair(pairs: string[], name: string, value: string): void {
  if (value !== '') pairs.push(scalar(plainName(name)) + value);
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
  const pairs: string[] = [];
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
    const pairs: string[] = [];
    for (const [name, value] of members) addPair(pairs, name, value);
    return objectOf(pairs);
  },
};

/**
 * The canonical text of valid JSON text. It has what a parsed value loses: every value of a repeated name, and numbers that
 * a double cannot represent. Slower than `canonicalText`.
 */
export const canonicalTextOf = (json: string): string => foldJson(json, canonicalFold);
