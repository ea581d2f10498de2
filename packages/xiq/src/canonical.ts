// The canonical text of an element: equal in every spelling of the same content, different for different content.
import type { JsonObject, JsonValue } from '@xiq-siem/core';
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

type Pair = readonly [prefix: string, value: string];

/** Sorted by name, then by value. A pair counts once. */
function objectOf(pairs: Pair[]): string {
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  let text = '';
  for (const [index, [prefix, value]] of pairs.entries()) {
    const before = pairs[index - 1];
    if (value !== '' && (before?.[0] !== prefix || before[1] !== value)) text += prefix + value;
  }
  return text === '' ? '' : `{${text}}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const prefixOf = (name: string): string => scalar(plainName(name));

/** The names of an object in sorted order, each with its index in the order that was sent. */
interface Layout {
  readonly prefixes: readonly string[];
  readonly indexes: readonly number[];
  /** Two names have one plain name, so that the order depends on the values. */
  readonly isAmbiguous: boolean;
}

function layoutOf(names: readonly string[]): Layout {
  const sorted = names.map((name, index) => ({ prefix: prefixOf(name), index }));
  sorted.sort((a, b) => compare(a.prefix, b.prefix));
  return {
    prefixes: sorted.map(({ prefix }) => prefix),
    indexes: sorted.map(({ index }) => index),
    isAmbiguous: sorted.some(({ prefix }, at) => prefix === sorted[at - 1]?.prefix),
  };
}

/** A list of names, in a tree of such lists: elements have few, and sorting is slow. */
interface NameList {
  readonly longer: Map<string, NameList>;
  /** The name and the list that followed last. */
  lastName: string | undefined;
  last: NameList | undefined;
  layout: Layout | undefined;
}

const newNameList = (): NameList => ({ longer: new Map(), lastName: undefined, last: undefined, layout: undefined });
const noNames = newNameList();
const maxNameLists = 16_384;
const maxNameLength = 64;
let nameLists = 0;

/** `list` with one more name. Undefined if too many lists are known. */
function withName(list: NameList | undefined, name: string): NameList | undefined {
  if (list === undefined || list.lastName === name) return list?.last;
  let longer = list.longer.get(name);
  if (longer === undefined) {
    if (nameLists >= maxNameLists || name.length > maxNameLength) return undefined;
    nameLists++;
    longer = newNameList();
    list.longer.set(name, longer);
  }
  list.lastName = name;
  list.last = longer;
  return longer;
}

function canonicalObject(object: JsonObject): string {
  let list: NameList | undefined = noNames;
  const values: string[] = [];
  for (const name in object) {
    list = withName(list, name);
    values.push(canonicalText(object[name]));
  }
  const layout = list?.layout ?? layoutOf(Object.keys(object));
  if (list !== undefined) list.layout = layout;
  const { prefixes, indexes, isAmbiguous } = layout;
  if (isAmbiguous) return objectOf(prefixes.map((prefix, at) => [prefix, values[indexes[at] ?? -1] ?? '']));
  let text = '';
  for (let at = 0; at < prefixes.length; at++) {
    const value = values[indexes[at] ?? -1];
    if (value !== '') text += `${prefixes[at]}${value}`;
  }
  return text === '' ? '' : `{${text}}`;
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
  return canonicalObject(value);
}

const ofText = (text: string): string => (text === '' ? '' : scalar(text));

const canonicalFold: JsonFold<string> = {
  text: ofText,
  number: (source) => scalar(plainDecimal(source)),
  literal: (value) => (value === null ? '' : scalar(String(value))),
  array: listOf,
  object: (members) => objectOf(members.map(([name, value]) => [prefixOf(name), value])),
};

/**
 * The canonical text of valid JSON text. It has what a parsed value loses: every value of a repeated name, and numbers that
 * a double cannot represent. Slower than `canonicalText`.
 */
export const canonicalTextOf = (json: string): string => foldJson(json, canonicalFold);
