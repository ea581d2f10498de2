// Reads JSON text without a loss: every member of an object, and the source text of each number.
import type { JsonObject, JsonValue } from '@xiq-siem/core';
import { isExactDouble, skip, stringEnd } from './scan.ts';

/** Makes a result from the parts of a JSON text, from the inside out. */
export interface JsonFold<T> {
  text(value: string): T;
  /** By its source text. */
  number(source: string): T;
  literal(value: boolean | null): T;
  array(items: readonly T[]): T;
  /** Every member in order, those of a repeated name included. `path`: the names of the members around the object. */
  object(members: readonly (readonly [string, T])[], path: readonly string[]): T;
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
  const path: string[] = [];
  const readString = (): string => {
    const start = at;
    at = stringEnd(json, start);
    const content = json.slice(start + 1, at - 1);
    return content.includes('\\') ? String(JSON.parse(`"${content}"`)) : content;
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
        path.push(name);
        members.push([name, readValue()]);
        path.pop();
      });
      return fold.object(members, path);
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

/**
 * Parses JSON as JSON.parse does, but a number that a double cannot represent (an id beyond 2^53, 1e400, -0) is its source
 * text, and the values of repeated names are kept beside. Slow: use it only for texts in which a scan found such a thing.
 */
export function parseExactly(json: string): ExactValue {
  const hidden: NamedValue[] = [];
  let isLossy = false;
  const value = foldJson<JsonValue>(json, {
    text: (text) => text,
    literal: (literal) => literal,
    number(source) {
      if (isExactDouble(source)) return Number(source);
      isLossy = true;
      return source;
    },
    array: (items) => items,
    object(members, path) {
      // fromEntries defines properties, so a key `__proto__` is an ordinary field.
      const object: JsonObject = Object.fromEntries(members);
      if (Object.keys(object).length === members.length) return object;
      isLossy = true;
      for (const [name, member] of members) {
        if (object[name] !== member) hidden.push([[...path, name].join('.'), member]);
      }
      return object;
    },
  });
  return { value, isLossy, hidden };
}
