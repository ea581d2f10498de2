// Reads JSON text without a loss: every member of an object, and the source text of each number.
import type { JsonValue } from '@xiq-siem/core';
import { isExactDouble, skip, stringEnd } from './scan.ts';

/** Makes a result from the parts of a JSON text, from the inside out. */
export interface JsonFold<T> {
  text(value: string): T;
  /** By its source text. */
  number(source: string): T;
  literal(value: boolean | null): T;
  array(items: readonly T[]): T;
  /** Every member in order, those of a repeated name included. */
  object(members: readonly (readonly [string, T])[]): T;
}

const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const scalarToken = /[^\s,\]}]+/y;

/** The text must be valid JSON of a limited depth. Slow in comparison to JSON.parse. */
export function foldJson<T>(json: string, fold: JsonFold<T>): T {
  let at = skip(json, 0, '');
  const readString = (): string => {
    const start = at;
    at = stringEnd(json, start);
    return String(JSON.parse(json.slice(start, at)));
  };
  const readItems = (close: string, readItem: () => void): void => {
    at = skip(json, at + 1, '');
    while (at < json.length && json.charAt(at) !== close) {
      readItem();
      at = skip(json, at, ',');
    }
    at++;
  };
  function readValue(): T {
    const first = json.charAt(at);
    if (first === '"') return fold.text(readString());
    if (first === '[') {
      const items: T[] = [];
      readItems(']', () => items.push(readValue()));
      return fold.array(items);
    }
    if (first === '{') {
      const members: [string, T][] = [];
      readItems('}', () => {
        const name = readString();
        at = skip(json, at, ':');
        members.push([name, readValue()]);
      });
      return fold.object(members);
    }
    scalarToken.lastIndex = at;
    const token = scalarToken.exec(json)?.[0] ?? '';
    at += token.length;
    const literal = literals.get(token);
    return literal === undefined ? fold.number(token) : fold.literal(literal);
  }
  return readValue();
}

/** Names from the outside in, joined by dots, and a value. */
export type NamedValue = readonly [string, JsonValue];

interface ExactValue {
  readonly value: JsonValue;
  /** Whether JSON.parse would lose something of the text. */
  readonly isLossy: boolean;
  /** The values that a later member of the same name hides, at any level. */
  readonly hidden: readonly NamedValue[];
}

const exact = (value: JsonValue): ExactValue => ({ value, isLossy: false, hidden: [] });

const exactFold: JsonFold<ExactValue> = {
  text: exact,
  literal: exact,
  number: (source) => (isExactDouble(source) ? exact(Number(source)) : { ...exact(source), isLossy: true }),
  array: (items) => ({
    value: items.map(({ value }) => value),
    isLossy: items.some(({ isLossy }) => isLossy),
    hidden: items.flatMap(({ hidden }) => hidden),
  }),
  object(members) {
    const last = new Map(members);
    const hidden = members.flatMap(([name, { value, hidden: inner }]): readonly NamedValue[] => {
      const below = inner.map(([path, innerValue]) => [`${name}.${path}`, innerValue] as const);
      return last.get(name)?.value === value ? below : [[name, value], ...below];
    });
    return {
      // fromEntries defines properties, so a key `__proto__` is an ordinary field.
      value: Object.fromEntries([...last].map(([name, { value }]) => [name, value])),
      isLossy: last.size < members.length || members.some(([, { isLossy }]) => isLossy),
      hidden,
    };
  },
};

/**
 * Parses JSON as JSON.parse does, but a number that a double cannot represent (an id beyond 2^53, 1e400, -0) is its source
 * text, and the values of repeated names are kept beside. Slow: use it only for texts in which a scan found such a thing.
 */
export const parseExactly = (json: string): ExactValue => foldJson(json, exactFold);
