// Properties of the canonical text, and so of `event.id`.
import type { JsonValue } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText, canonicalTextOf, plainDecimal } from './canonical.ts';
import { camelCase } from './read/field-table.ts';
import { families, fitting } from './test-bodies.ts';
import { eventsOf } from './test-source.ts';

const parse = (text: string): JsonValue => JSON.parse(text);
const anyJson = fc.jsonValue({ stringUnit: 'binary', maxDepth: 5 });
const isAbsent = (value: unknown): boolean => canonicalText(parse(JSON.stringify(value))) === '';

it('is the same of a parsed value and of its text', () => {
  fc.assert(
    fc.property(anyJson, fc.constantFrom('', ' ', '\n\t'), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      expect(canonicalTextOf(space + text + space)).toBe(canonicalText(parse(text)));
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['null, "", [] and {} are absent', ['{}', '{"a":null}', '{"a":""}', '{"a":[]}', '{"a":{}}', '{"a":{"b":[null,""]}}']],
  ['names have no case, _ or -', ['{"authDate":1}', '{"auth_date":1}', '{"AUTH-DATE":1}', '{"authdate":1}']],
  ['numbers are decimals', ['{"a":1}', '{"a":1.0}', '{"a":1e0}', '{"a":10e-1}', '{"a":"1"}']],
  ['large numbers are exact', ['{"a":9007199254740993}', '{"a":9007199254740993.0}', '{"a":"9007199254740993"}']],
  [
    'one field in two spellings',
    ['{"userName":"x"}', '{"userName":"x","user_name":"x"}', '{"username":"x","userName":"x"}'],
  ],
  ['escapes are characters', ['{"a":"\u00fc"}', '{"\\u0061":"\\u00fc"}']],
])('%s', (_, texts) => expect(new Set(texts.map(canonicalTextOf)).size).toBe(1));

it.each([
  ['every value of a duplicate key counts', ['{"a":1,"a":2}', '{"a":2}', '{"a":1}']],
  ['large numbers are not rounded', ['{"a":9007199254740993}', '{"a":9007199254740992}']],
  ['items of a list keep their place', ['{"a":["x",null]}', '{"a":[null,"x"]}', '{"a":["x"]}']],
  ['a text keeps its case and blanks', ['{"a":"x"}', '{"a":"X"}', '{"a":" x"}']],
  ['structure counts', ['{"a":["x","y"]}', '{"a":"xy"}', '{"a":{"x":"y"}}', '{"a":"x","b":"y"}', '{"a":["x",["y"]]}']],
])('%s', (_, texts) => expect(new Set(texts.map(canonicalTextOf)).size).toBe(texts.length));

it('two spellings of one name have one text in any order, as text and parsed', () => {
  const texts = ['{"userName":"x","user_name":"a"}', '{"user_name":"a","userName":"x"}'];
  expect(new Set(texts.flatMap((text) => [canonicalTextOf(text), canonicalText(parse(text))])).size).toBe(1);
});

it.each([
  ['0.00', '0'],
  ['-0', '0'],
  ['1e21', '1000000000000000000000'],
  ['12.50', '12.5'],
  ['-1.5e-3', '-0.0015'],
  ['123e-2', '1.23'],
  ['1e999999999', '1e999999999'],
  ['10e999999998', '1e999999999'],
])('the decimal of %s is %s', (source, plain) => expect(plainDecimal(source)).toBe(plain));

it('different values have different texts', () => {
  fc.assert(
    fc.property(anyJson, anyJson, (a, b) => {
      // The pairs of an object have no order, so compare with sorted keys; numbers equal their text.
      if (canonicalText(parse(JSON.stringify(a))) === canonicalText(parse(JSON.stringify(b))))
        expect(sorted(a)).toEqual(sorted(b));
    }),
    { numRuns: 2_000 },
  );
});

/** Without absent values, with plain names in order, and scalars as texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return isAbsent(value) ? undefined : value.map(sorted);
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([name, one]) => [name.toLowerCase().replace(/[_-]/g, ''), sorted(one)]);
    const there = pairs.filter(([, one]) => one !== undefined).map((pair) => JSON.stringify(pair));
    return there.length === 0 ? undefined : [...new Set(there)].sort();
  }
  if (value === null || value === '') return undefined;
  return typeof value === 'number' ? plainDecimal(String(value)) : String(value);
}

const idOf = (text: string, messageType: string): string | undefined => eventsOf(text, messageType)[0]?.id;

/** A random element: every field of the family with a valid value, and a nested one. */
const elementsOf = (rules: (typeof families)[number]['rules']) =>
  fc
    .tuple(fc.tuple(...rules.map(([, rule]) => fitting[rule.as])), fc.dictionary(fc.constantFrom('x', 'y'), anyJson))
    .map(([values, nested]) => [
      ...rules.map(([name], index) => [name, values[index]] as const),
      ['other', nested] as const,
    ]);

/** Another value of the same kind, never equal. */
function perturbed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return [...value, 'more'];
  if (typeof value === 'object' && value !== null) return { ...value, more: 1 };
  return `${String(value)}x`;
}

describe.each(families)('an element of $family', ({ messageType, rules }) => {
  it('has another id when one value changes', () => {
    fc.assert(
      fc.property(elementsOf(rules), (entries) => {
        const id = idOf(JSON.stringify(Object.fromEntries(entries)), messageType);
        const others = entries.map(([changed]) => {
          const element = entries.map(([name, value]) => [name, name === changed ? perturbed(value) : value]);
          return idOf(JSON.stringify(Object.fromEntries(element)), messageType);
        });
        const without = entries
          .filter(([, value]) => !isAbsent(value))
          .map(([left]) =>
            idOf(JSON.stringify(Object.fromEntries(entries.filter(([name]) => name !== left))), messageType),
          );
        expect(new Set([id, ...others, ...without]).size).toBe(1 + others.length + without.length);
      }),
      { numRuns: 25 },
    );
  });

  it('has the same id in every spelling', () => {
    fc.assert(
      fc.property(elementsOf(rules), fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (entries, choices) => {
        const id = idOf(JSON.stringify(Object.fromEntries(entries)), messageType);
        const spelled = respelled(entries, choices);
        expect(eventsOf(`[{"z":1},${spelled}]`, messageType)[1]?.id).toBe(id);
        expect(idOf(spelled, messageType)).toBe(id);
      }),
      { numRuns: 60 },
    );
  });
});

/** The upper case of other letters may have no way back. */
const upper = (text: string): string => text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** The same element as text: other names, order, white space, escapes and notations of numbers. */
function respelled(entries: readonly (readonly [string, unknown])[], choices: readonly number[]): string {
  let at = 0;
  const choose = <T>(...options: readonly T[]): T => {
    const option = options[(choices[at++ % choices.length] ?? 0) % options.length];
    if (option === undefined) throw new Error('no options');
    return option;
  };
  const blank = () => choose('', ' ', '\n  ', '\t');
  const escaped = (text: string): string => {
    const json = JSON.stringify(text);
    const unicode = json.replace(/[a-z]/gi, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
    return json.includes('\\') ? json : choose(json, unicode);
  };
  const name = (text: string): string =>
    escaped(choose(text, camelCase(text), upper(text), text.replaceAll('_', '-'), text.replaceAll('_', '')));
  const number = (value: number): string => {
    if (!Number.isInteger(value) || Math.abs(value) > 1e15 || Object.is(value, -0)) return JSON.stringify(value);
    return choose(String(value), `${value}.0`, `${value}e0`, `${value}.00E+0`, `"${value}"`);
  };
  const write = (value: unknown): string => {
    if (typeof value === 'string') return escaped(value);
    if (typeof value === 'number') return number(value);
    if (Array.isArray(value)) return `[${value.map((item) => blank() + write(item) + blank()).join(',')}]`;
    if (typeof value === 'object' && value !== null) return members(Object.entries(value));
    return JSON.stringify(value);
  };
  const members = (pairs: readonly (readonly [string, unknown])[]): string => {
    const ordered = choose(pairs, [...pairs].reverse());
    const written = ordered.map(
      ([key, value]) => `${blank()}${name(key)}${blank()}:${blank()}${write(value)}${blank()}`,
    );
    return `{${[...written, ...choose([], ['"absent":null'], ['"absent":""', '"none":[]'])].join(',')}}`;
  };
  return members(entries);
}
