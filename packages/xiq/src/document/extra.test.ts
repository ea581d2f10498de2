import { expect, it } from 'vitest';
import { limitExtra } from './extra.ts';

it('does not change short values of any kind', () => {
  const value = { a: [1, { b: null }], c: true, 'd.e': 'x', f: {} };
  expect(limitExtra(Object.entries(value))).toEqual(value);
});

it('converts values deeper than 15 levels to a JSON text', () => {
  let value: object = { end: 1 };
  for (let level = 0; level < 30; level++) value = { a: value };
  let node: unknown = limitExtra([['a', JSON.parse(JSON.stringify(value))]]);
  let levels = 0;
  while (typeof node === 'object' && node !== null && 'a' in node) {
    node = node.a;
    levels++;
  }
  expect(levels).toBe(15);
  expect(node).toMatch(/^\{"a":.*"end":1\}+$/);
});

it('truncates a long text at a character, with its length', () => {
  const { a } = limitExtra([['a', '😀'.repeat(5_000)]]);
  expect(a).toMatch(/^(?:😀)+\ufffd?… \[cut, 10000 characters\]$/u);
  expect(String(a).length).toBeLessThanOrEqual(8_191);
  expect(String(a).isWellFormed()).toBe(true);
});

it('does not truncate a text of 8,191 characters', () => {
  expect(limitExtra([['a', 'x'.repeat(8_191)]])).toEqual({ a: 'x'.repeat(8_191) });
  expect(limitExtra([['a', 'x'.repeat(8_192)]])['a']).toMatch(/… \[cut, 8192 characters\]$/);
});

it('gives valid keys of a flattened field without losing a value', () => {
  const long = 'k'.repeat(500);
  const extra = limitExtra([
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

it('handles __proto__ as an ordinary key', () => {
  const extra = limitExtra(Object.entries(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}')));
  expect(JSON.stringify(extra)).toBe('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}');
  expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
});
