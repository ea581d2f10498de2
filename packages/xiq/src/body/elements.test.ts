import type { JsonValue, Origin } from '@xiq-siem/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Element } from './divided-item.ts';
import { readBody } from './elements.ts';

function elementsOf(content: string | Uint8Array, origin: Origin = 'webhook', contentType?: string): Element[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const read = readBody({ bytes, metadata: { source: 'xiq', origin, receivedAtMs: 0, contentType } });
  if (read.fault !== undefined) expect.unreachable(read.fault.message);
  const elements = [...read.elements];
  expect(elements.map(({ index }) => index)).toEqual(elements.map((_, index) => index));
  expect(read.count).toBe(elements.length);
  return elements;
}

const lossOf = (content: string) => elementsOf(content).map(({ isLossy, hidden }) => isLossy && (hidden ?? []));

it('an element is lossy if a name is repeated in it, at any level, or a number is not a double', () => {
  expect(lossOf('[{"a":1},{"a":1,"\\u0061":2},{"b":":","c":[{"d":":"}]},{"c":[{"d":1,"d":2}]},{"n":1e400},5]')).toEqual(
    [false, [['a', 1]], false, [['c.d', 1]], [], false],
  );
  expect(lossOf('{"a":1,"a":2}')).toEqual([[['a', 1]]]);
  expect(lossOf('{"__proto__":1,"a":2}')).toEqual([false]);
  expect(lossOf('{"__proto__":1,"__proto__":2}')).toEqual([[['__proto__', 1]]]);
});

const anyValue = fc.jsonValue({ stringUnit: 'binary' }).map((value): JsonValue => JSON.parse(JSON.stringify(value)));

it('no element of a body that JSON.stringify wrote is lossy', () => {
  fc.assert(
    fc.property(fc.array(anyValue), (items) => {
      for (const { isLossy } of elementsOf(JSON.stringify(items))) expect(isLossy).toBe(false);
    }),
  );
});

it('a repeated name at any place is found', () => {
  /** The value with a mark in the place of one of its values. */
  const marked = (value: JsonValue, path: readonly number[]): JsonValue => {
    const [step, ...rest] = path;
    if (step === undefined || typeof value !== 'object' || value === null) return '@';
    const entries = Object.entries(value);
    const next = entries.map(([name, inner], index): [string, JsonValue] => [
      name,
      index === step % entries.length ? marked(inner ?? null, rest) : (inner ?? null),
    ]);
    if (entries.length === 0) return '@';
    return Array.isArray(value) ? next.map(([, inner]) => inner) : Object.fromEntries(next);
  };
  fc.assert(
    fc.property(fc.array(anyValue), anyValue, fc.array(fc.nat()), (others, value, path) => {
      fc.pre(!JSON.stringify([others, value]).includes('@'));
      const items = [...others, marked(value, path), ...others].map((item) => ({ item }));
      const text = JSON.stringify(items).replace('"@"', '{"x":1,"x":2}');
      const lossy = elementsOf(text).map(({ isLossy }) => isLossy);
      expect(lossy).toEqual(items.map((_, index) => index === others.length));
    }),
  );
});

it('the elements of a body without envelopes and nested lists have the numbers that they always had', () => {
  const name = fc.constantFrom('a', 'data_', 'x', 'event', 'userName', 'observations');
  const { tree } = fc.letrec<{ tree: JsonValue; object: JsonValue }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, fc.nat(), fc.string(), tie('object'), fc.array(tie('tree'), { maxLength: 3 })),
    object: fc.dictionary(name, tie('tree'), { maxKeys: 3 }).map((object): JsonValue => object),
  }));
  const item = tree.filter((value) => !Array.isArray(value) && !Object.hasOwn(Object(value), 'data_'));
  fc.assert(
    fc.property(fc.array(item), fc.constantFrom('', ' ', '\n\t'), (items, space) => {
      const former = items.flatMap((value): JsonValue[] => {
        const list = Object.getOwnPropertyDescriptor(Object(value), 'observations')?.value;
        return Array.isArray(list) && list.length > 0 ? list : [value];
      });
      const elements = elementsOf(`${space}${JSON.stringify(items, undefined, space)}${space}`);
      expect(elements.map(({ value }) => value)).toEqual(former);
      expect(elements.map(({ text }) => JSON.parse(text))).toEqual(former);
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
