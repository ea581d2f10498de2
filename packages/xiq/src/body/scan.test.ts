import type { JsonValue } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countValues, isArray, isObject } from './json-value.ts';
import { isExactDouble, itemSpans, memberSpan, scanBody } from './scan.ts';

const slices = (text: string): string[] => {
  const { starts, ends } = scanBody(text);
  return starts.map((start, index) => text.slice(start, ends[index]));
};

it('finds the items of an array, and a single value, without surrounding space', () => {
  expect(slices(' [ {"a" : "]},{"} ,\n[1,[2]], "x\\"," , 5 ,null ] ')).toEqual([
    '{"a" : "]},{"}',
    '[1,[2]]',
    '"x\\","',
    '5',
    'null',
  ]);
  expect(slices(' {"a":[1,2]}\n')).toEqual(['{"a":[1,2]}']);
  expect(slices(' [ ] ')).toEqual([]);
});

it('gives the exact texts of the items of any JSON array', () => {
  const spaces = fc.constantFrom('', ' ', '\n\t');
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ stringUnit: 'binary' })), spaces, (items, space) => {
      const texts = items.map((item) => JSON.stringify(item, undefined, space));
      const text = `${space}[${texts.map((item) => space + item + space).join(',')}]${space}`;
      expect(slices(text)).toEqual(texts);
      expect([...itemSpans(text, space.length)].map(({ start, end }) => text.slice(start, end))).toEqual(texts);
    }),
  );
});

it('counts the values and the fields of the largest object of any JSON text', () => {
  const fieldsOf = (value: JsonValue): number[] => {
    if (!isObject(value) && !isArray(value)) return [];
    const inner = isArray(value) ? value : Object.values(value).map((member) => member ?? null);
    return [isObject(value) ? inner.length : 0, ...inner.flatMap(fieldsOf)];
  };
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), (value) => {
      const { values, largestObject } = scanBody(JSON.stringify(value));
      const parsed: JsonValue = JSON.parse(JSON.stringify(value));
      expect(values).toBe(countValues(parsed, Number.POSITIVE_INFINITY));
      expect(largestObject).toBe(Math.max(0, ...fieldsOf(parsed)));
    }),
  );
});

it('finds the value of a member: of several the last, also with an escaped name', () => {
  const text = '{ "a" : {"b":[1]}, "b":[2] , "\\u0062" : [ 3 ] , "c":"b"}';
  const span = memberSpan(text, 'b');
  expect(text.slice(span?.start, span?.end)).toBe('[ 3 ]');
  expect(memberSpan(text, 'd')).toBeUndefined();
  expect(memberSpan('{}', 'd')).toBeUndefined();
});

it('counts levels, not brackets within texts', () => {
  expect(scanBody('"[[["').depth).toBe(0);
  expect(scanBody('[{"a":[]},{}]').depth).toBe(3);
  expect(scanBody('['.repeat(100_000)).depth).toBe(100_000);
});

it.each(['1', '-1', '0', '1.5', '1.50', '45.1', '1e3', '1E+3', '123456789012345', '9007199254740992', '1e308', '0.1'])(
  'a double carries %s',
  (text) => expect(isExactDouble(text)).toBe(true),
);

it.each([
  '9007199254740993',
  '-9007199254740993',
  '1e400',
  '-0',
  '0.12345678901234567890',
  '1e-400',
  '12345678901234567890',
])('a double does not represent %s', (text) => expect(isExactDouble(text)).toBe(false));

it('marks the items with a number that a double cannot represent', () => {
  const text = '[{"id":1},{"id":9007199254740993},{"id":"9007199254740993"},{"x":[-0]},{"y":1.5}]';
  expect([...scanBody(text).inexact]).toEqual([1, 3]);
});

it('ends on any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]{},:"\\ 1e-x') }), (text) => {
      const { starts, ends } = scanBody(text);
      expect(ends).toHaveLength(starts.length);
    }),
  );
});

it('recognizes exact numbers of up to 64 characters', () => {
  expect(isExactDouble(`1${'0'.repeat(63)}`)).toBe(true);
  expect(isExactDouble(`1${'0'.repeat(64)}`)).toBe(false);
});
