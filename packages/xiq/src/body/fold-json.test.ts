import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseExactly } from './fold-json.ts';

it('keeps the text of numbers that a double cannot represent', () => {
  const { value, isLossy } = parseExactly(' {"id":9007199254740993,"n":[1e400,5 ,-0], "t":"9007199254740993"}\n');
  expect(value).toEqual({ id: '9007199254740993', n: ['1e400', 5, '-0'], t: '9007199254740993' });
  expect(isLossy).toBe(true);
  expect(parseExactly('{"n":[5,1.50]}').isLossy).toBe(false);
});

it('gives what JSON.parse gives, for any JSON without such a number', () => {
  const spaces = fc.constantFrom('', ' ', '\n\t');
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), spaces, (any, space) => {
      const text = space + JSON.stringify(any, undefined, space) + space;
      expect(parseExactly(text)).toEqual({ value: JSON.parse(text), isLossy: false, hidden: [] });
    }),
  );
});

it.each([
  [
    'of several',
    '{"a":1,"b":2,"a":3,"a":4}',
    { a: 4, b: 2 },
    [
      ['a', 1],
      ['a', 3],
    ],
  ],
  ['in another escape', '{"\\u0061":1,"a":2}', { a: 2 }, [['a', 1]]],
  ['with the same value', '{"a":1,"a":1}', { a: 1 }, []],
  ['with a null', '{"a":1,"a":null}', { a: null }, [['a', 1]]],
  ['in a nested object', '{"a":{"b":{"c":1,"c":2}}}', { a: { b: { c: 2 } } }, [['a.b.c', 1]]],
  ['in a list', '{"a":[[{"b":1,"b":2}],5]}', { a: [[{ b: 2 }], 5] }, [['a.b', 1]]],
  [
    'in a value that is hidden',
    '{"a":{"b":1,"b":2},"a":3}',
    { a: 3 },
    [
      ['a.b', 1],
      ['a', { b: 2 }],
    ],
  ],
  ['without a name', '{"":1,"":2}', { '': 2 }, [['', 1]]],
])('keeps the values of a repeated name: %s', (_, text, value, hidden) => {
  expect(parseExactly(text)).toEqual({ value, isLossy: true, hidden });
});

it('reads __proto__ as a name', () => {
  const { value, hidden } = parseExactly('{"__proto__":{"a":1},"__proto__":{"b":1}}');
  expect(JSON.stringify(value)).toBe('{"__proto__":{"b":1}}');
  expect(hidden).toEqual([['__proto__', { a: 1 }]]);
});

it('takes time in proportion to the number of repeated names', () => {
  const { hidden } = parseExactly(`{${'"a":{"b":1},'.repeat(200_000)}"a":0}`);
  expect(hidden).toHaveLength(200_000);
});
