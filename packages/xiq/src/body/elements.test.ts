import type { JsonValue, Origin } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Element, readBody } from './elements.ts';

function elementsOf(content: string | Uint8Array, origin: Origin = 'webhook', contentType?: string): Element[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const read = readBody({ bytes, metadata: { source: 'xiq', origin, receivedAtMs: 0, contentType } });
  if (read.fault !== undefined) expect.unreachable(read.fault.message);
  const elements = [...read.elements];
  expect(elements.map(({ index }) => index)).toEqual(elements.map((_, index) => index));
  expect(read.count).toBe(elements.length);
  return elements;
}

const lossOf = (content: string) => elementsOf(content).map(({ isLossy, hidden }) => (isLossy ? hidden : undefined));

it('an element is lossy if a name is repeated in it, at any level, or a number is not a double', () => {
  expect(lossOf('[{"a":1},{"a":1,"\\u0061":2},{"b":":","c":[{"d":":"}]},{"c":[{"d":1,"d":2}]},{"n":1e400},5]')).toEqual(
    [undefined, [['a', 1]], undefined, [['c.d', 1]], [], undefined],
  );
  expect(lossOf('{"a":1,"a":2}')).toEqual([[['a', 1]]]);
  expect(lossOf('{"__proto__":1,"a":2}')).toEqual([undefined]);
  expect(lossOf('{"__proto__":1,"__proto__":2}')).toEqual([[['__proto__', 1]]]);
});

it('no element of a body that JSON.stringify wrote is lossy', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ stringUnit: 'binary' })), (items) => {
      for (const { isLossy } of elementsOf(JSON.stringify(items))) expect(isLossy).toBe(false);
    }),
  );
});

it('a repeated name at any place is found', () => {
  const repeated = (value: JsonValue, at: number[]): JsonValue => {
    const next = at.pop();
    if (next === undefined || typeof value !== 'object' || value === null) return '@';
    const keys = Object.keys(value);
    if (keys.length === 0) return '@';
    const key = keys[next % keys.length] ?? '';
    if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? repeated(item, at) : item));
    return Object.fromEntries(
      Object.entries(value).map(([name, v]) => [name, name === key ? repeated(v ?? null, at) : (v ?? null)]),
    );
  };
  const anyValue = fc.jsonValue().map((value): JsonValue => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(fc.array(anyValue), anyValue, fc.array(fc.nat()), (others, value, at) => {
      const text = JSON.stringify([...others, repeated(value, at), ...others]).replace('"@"', '{"x":1,"x":2}');
      fc.pre(!JSON.stringify([others, value]).includes('@'));
      expect(elementsOf(text).map(({ isLossy }) => isLossy)).toEqual([
        ...others.map(() => false),
        true,
        ...others.map(() => false),
      ]);
    }),
  );
});

it('keeps the values of repeated names in observations and in their parent apart', () => {
  const [first, second] = elementsOf('{"s":1,"s":2,"n":1e400,"observations":[{"a":1,"a":2},{"b":1}],"t":0}');
  expect(first).toMatchObject({
    value: { a: 2 },
    isLossy: true,
    hidden: [
      ['a', 1],
      ['s', 1],
    ],
  });
  expect(second).toMatchObject({ text: '{"b":1}', value: { b: 1 }, isLossy: false, hidden: [['s', 1]] });
  expect(second?.parent).toMatchObject({
    object: { s: 2, n: '1e400', t: 0 },
    isLossy: true,
    text: '{"s":1,"s":2,"n":1e400,"observations":null,"t":0}',
  });
});

it('of several lists of observations the last is read; the others are kept', () => {
  const [element, none] = elementsOf('{"observations":[{"a":1}],"observations":[{"b":1}]}');
  expect(element).toMatchObject({ value: { b: 1 }, isLossy: false, hidden: [['observations', [{ a: 1 }]]] });
  expect(element?.parent).toMatchObject({ object: {}, isLossy: true });
  expect(none).toBeUndefined();
});

it('the values of repeated names in a large parent are kept once', () => {
  const [first, second] = elementsOf(`{"s":1,"s":"${'x'.repeat(5_000)}","observations":[{},{"a":1,"a":2}]}`);
  expect(first?.hidden).toEqual([['s', 1]]);
  expect(second?.hidden).toEqual([['a', 1]]);
});
