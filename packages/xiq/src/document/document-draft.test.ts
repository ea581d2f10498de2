import { expect, it } from 'vitest';
import { shapedExtra } from './document-draft.ts';

it('keeps values of every kind as they are', () => {
  const value = { a: [1, { b: null }], c: true, 'd.e': 'x', f: {} };
  expect(shapedExtra(Object.entries(value))).toEqual(value);
});

it('folds what lies deeper than 15 levels to a JSON text', () => {
  let value: object = { end: 1 };
  for (let level = 0; level < 30; level++) value = { a: value };
  let node: unknown = shapedExtra([['a', JSON.parse(JSON.stringify(value))]]);
  let levels = 0;
  while (typeof node === 'object' && node !== null && 'a' in node) {
    node = node.a;
    levels++;
  }
  expect(levels).toBe(15);
  expect(node).toMatch(/^\{"a":.*"end":1\}+$/);
});

it('cuts a long text at a character, with a mark', () => {
  const { a } = shapedExtra([['a', '😀'.repeat(5_000)]]);
  expect(a).toMatch(/^(?:😀)+\ufffd?… \[cut, 10000 characters\]$/u);
  expect(String(a).length).toBeLessThanOrEqual(8_191);
  expect(String(a).isWellFormed()).toBe(true);
});

it('keeps a text of 8,191 characters whole', () => {
  expect(shapedExtra([['a', 'x'.repeat(8_191)]])).toEqual({ a: 'x'.repeat(8_191) });
  expect(shapedExtra([['a', 'x'.repeat(8_192)]])['a']).toMatch(/… \[cut, 8192 characters\]$/);
});

it('gives keys that a flattened field takes, and loses no value by it', () => {
  const long = 'k'.repeat(500);
  const extra = shapedExtra([
    ['', 1],
    ['_', 2],
    ['a\0b', 3],
    ['a', 4],
    ['a', 5],
    [`${long}1`, 6],
    [`${long}2`, 7],
  ]);
  expect(Object.values(extra)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(Object.keys(extra).slice(0, 5)).toEqual(['_', '__2', 'a␀b', 'a', 'a_2']);
  expect(Object.keys(extra).every((key) => key.length <= 135)).toBe(true);
});

it('takes __proto__ for a key like any other', () => {
  const extra = shapedExtra(Object.entries(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}')));
  expect(JSON.stringify(extra)).toBe('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}');
  expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
});
