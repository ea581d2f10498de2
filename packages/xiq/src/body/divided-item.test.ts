import { hash } from 'node:crypto';
import type { JsonValue, Origin } from '@xiq-siem/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Element, parentsOf } from './divided-item.ts';
import { readBody } from './elements.ts';
import { familyFields } from './envelope.ts';

function read(content: string, origin: Origin = 'webhook') {
  return readBody({ bytes: Buffer.from(content), metadata: { source: 'xiq', origin, receivedAtMs: 0 } });
}

function elementsOf(content: string, origin?: Origin): Element[] {
  const body = read(content, origin);
  if (body.fault !== undefined) expect.unreachable(body.fault.message);
  const elements = [...body.elements];
  expect(elements.map(({ index }) => index)).toEqual(elements.map((_, index) => index));
  expect(body.count).toBe(elements.length);
  return elements;
}

const textsOf = (content: string, origin?: Origin): string[] => elementsOf(content, origin).map(({ text }) => text);

it.each([
  ['an object', '{"data":{"a" : 1}}', ['{"a" : 1}']],
  ['a list', ' {"events" : [ {"a":1} ,{"b":[2]}]} ', ['{"a":1}', '{"b":[2]}']],
  ['other members', '{"messageType":"X","data":[{"a":1},{}],"page":1,"next":null}', ['{"a":1}', '{}']],
  ['any spelling of its name', '{"_Re-Cords":[{"a":1}]}', ['{"a":1}']],
  ['an escaped name', '{"d\\u0061ta":[{"a":1}]}', ['{"a":1}']],
  ['an envelope in an envelope', '{"data":{"v":1,"events":{"records":[{"a":1}]}}}', ['{"a":1}']],
  ['nested lists', '[[{"a":1},[{"b":1}]],[{"c":1}]]', ['{"a":1}', '{"b":1}', '{"c":1}']],
  ['nested lists in an envelope', '{"data":[[{"a":1}],{"b":1}]}', ['{"a":1}', '{"b":1}']],
  ['envelopes in a list', '[{"data":[{"a":1}]},{"b":1},{"events":{"c":1}}]', ['{"a":1}', '{"b":1}', '{"c":1}']],
  ['observations', '{"data":{"apMac":"x","observations":[{"a":1},5]}}', ['{"a":1}', '5']],
  ['any spelling of observations', '{"apMac":"x","Observations":[{"a":1},{"b":1}]}', ['{"a":1}', '{"b":1}']],
  ['one list of two spellings', '{"Observations":[],"OBSERVATIONS":[{"a":1}],"obs_ervations":[5]}', ['{"a":1}']],
  ['a list of parents', '{"data":[{"observations":[{"a":1}]},{"observations":[{"b":1}]}]}', ['{"a":1}', '{"b":1}']],
  ['of a repeated name the last', '{"data":[{"a":1},{"b":1}],"data":[{"c":1}]}', ['{"c":1}']],
])('finds the elements of an envelope: %s', (_, content, texts) => {
  expect(textsOf(content)).toEqual(texts);
});

it.each([
  '{"data":[]}',
  '{"data":{}}',
  '{"data":[1]}',
  '{"data":[{"a":1},null]}',
  '{"data":[{"a":1},[]]}',
  '{"data":"x"}',
  '{"data":{"a":1},"meta":{}}',
  '{"meta":{"v":1},"data":[{"a":1}]}',
  '{"data":{"a":1},"events":[]}',
  '{"items":[{"a":1}]}',
  '{"data_set":[{"a":1}]}',
  '[[]]',
  '[[{"a":1},5]]',
  '[[[{"a":1}],[5]]]',
])('an element that may be an event is whole: %s', (content) => {
  const [whole] = content.startsWith('[') ? [content.slice(1, -1)] : [content];
  expect(textsOf(content)).toEqual([whole]);
});

it('the fields of the families are final: numbers of elements are stored', () => {
  expect(hash('sha256', [...familyFields].toSorted().join(' '), 'hex').slice(0, 16)).toBe('7220124d2402c798');
});

describe('an object with a field of a message family is an event', () => {
  it.each([...familyFields].filter((name) => name !== 'observations'))('%s', (name) => {
    for (const spelling of [name, name.toUpperCase(), `${name[0]}_${name.slice(1)}-`]) {
      const content = JSON.stringify({ [spelling]: null, data: [{ a: 1 }, { b: 2 }] });
      expect(textsOf(content)).toEqual([content]);
    }
  });

  it.each([
    'messageType',
    'type',
    'version',
    'total_count',
    'count',
    'page',
    'total_pages',
    'next',
    'success',
    'source',
  ])('but %s does not count', (name) => {
    expect(textsOf(JSON.stringify({ [name]: 'x', data: [{ a: 1 }] }))).toEqual(['{"a":1}']);
  });
});

it('the items of a fetched body are events', () => {
  const content = '[{"data":[{"a":1}]},[[{"b":1}]],{"observations":[{}]}]';
  expect(textsOf(content, 'rest')).toEqual(['{"data":[{"a":1}]}', '[[{"b":1}]]', '{"observations":[{}]}']);
});

it('what stands beside is the parent, each level one', () => {
  const content = '{"messageType":"X","data":{"v":1,"events":[{"apMac":"y","observations":[{"a":1}]},{"b":1}]}}';
  const [observation, event] = elementsOf(content);
  const parents = (element: Element | undefined) => parentsOf(element ?? {}).map(({ kind, object }) => [kind, object]);
  const outer = [
    ['envelope', { v: 1 }],
    ['envelope', { messageType: 'X' }],
  ];
  expect(parents(observation)).toEqual([['observations', { apMac: 'y' }], ...outer]);
  expect(parents(event)).toEqual(outer);
  expect(parentsOf(event ?? {}).map(({ text }) => text)).toEqual([
    '{"v":1,"events":null}',
    '{"messageType":"X","data":null}',
  ]);
  expect(elementsOf('{"data":[{"events":{"a":1}}]}')[0]?.parent).toBeUndefined();
});

it('hidden values beside the elements are kept, also if nothing else stands there', () => {
  const [first, second] = elementsOf('{"v":1,"v":2,"data":[{"a":1,"a":2},{"b":1}]}');
  expect([first?.hidden, second?.hidden]).toEqual([
    [
      ['a', 1],
      ['v', 1],
    ],
    [['v', 1]],
  ]);
  expect(first?.parent?.object).toEqual({ v: 2 });
  const [only] = elementsOf('{"data":{"a":1},"data":{"b":1}}');
  expect(only).toMatchObject({ value: { b: 1 }, hidden: [['data', { a: 1 }]], parent: { isLossy: true, object: {} } });
});

it('large texts beside the elements, together, are copied into the first of them only', () => {
  const copied = (outer: number, inner: number) => {
    const element = { w: 'x'.repeat(inner), events: [{ a: 1 }, { a: 2 }] };
    const content = { v: 'x'.repeat(outer), v_2: 1, data: [element, element] };
    return elementsOf(JSON.stringify(content)).map((one) => parentsOf(one).map(({ copyAllFields }) => copyAllFields));
  };
  const all = [true, true];
  expect(copied(1_000, 1_000)).toEqual([all, all, all, all]);
  expect(copied(3_000, 3_000)).toEqual([all, [false, true], all, [false, true]]);
  expect(copied(5_000, 10)).toEqual([all, [false, false], [true, false], [false, false]]);
});

it('the limits count elements, not envelopes', () => {
  const records = (count: number) => `{"data":{"records":[${Array(count).fill('{}').join(',')}]}}`;
  expect(read(records(100_000)).fault).toBeUndefined();
  expect(read(`[${records(60_000)},${records(40_001)}]`).fault?.code).toBe('too_many_elements');
  const nested = (levels: number) => `${'['.repeat(levels)}{"a":1}${']'.repeat(levels)}`;
  expect(textsOf(nested(63))).toEqual(['{"a":1}']);
  expect(read(nested(64)).fault?.code).toBe('too_deep');
});

interface Wrapped {
  readonly value: JsonValue;
  readonly leaves: readonly JsonValue[];
}

/** Any value with elements in it, and these elements. */
const wrapped = fc.letrec<{ any: Wrapped; list: Wrapped; envelope: Wrapped; leaf: Wrapped }>((tie) => ({
  any: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie('leaf'), tie('list'), tie('envelope')),
  leaf: fc.jsonValue({ maxDepth: 1 }).map((value): Wrapped => {
    const leaf = { code: JSON.parse(JSON.stringify(value)) };
    return { value: leaf, leaves: [leaf] };
  }),
  list: fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((items) => ({
    value: items.map(({ value }) => value),
    leaves: items.flatMap(({ leaves }) => leaves),
  })),
  envelope: fc
    .tuple(
      tie('any'),
      fc.constantFrom('data', 'Events', 'RECORDS'),
      fc.dictionary(fc.constantFrom('v', 'page', 'ü'), fc.string()),
    )
    .chain(([{ value, leaves }, name, beside]) =>
      fc
        .shuffledSubarray([...Object.entries(beside), [name, value] as const], {
          minLength: Object.keys(beside).length + 1,
        })
        .map((members) => ({ value: Object.fromEntries(members), leaves })),
    ),
}));

it('finds the exact elements of any nesting, in order', () => {
  fc.assert(
    fc.property(wrapped.any, fc.constantFrom('', ' ', '\n\t'), ({ value, leaves }, space) => {
      const elements = elementsOf(space + JSON.stringify(value, undefined, space) + space);
      expect(elements.map((element) => element.value)).toEqual(leaves);
      expect(elements.map(({ text }) => JSON.parse(text))).toEqual(leaves);
      expect(elements.every(({ text }) => text === text.trim())).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['lists', '['.repeat(60), ']'.repeat(60)],
  ['envelopes', '{"data":'.repeat(60), '}'.repeat(60)],
  ['envelopes with repeated names', '{"v":1,"v":1,"data":'.repeat(60), '}'.repeat(60)],
  ['repeated envelopes', '{"data":[{"data":[]}],"data":'.repeat(60), '}'.repeat(60)],
])('60 levels of %s hardly add to the time', (_, before, after) => {
  const millisecondsOf = (content: string): number => {
    const start = process.threadCpuUsage();
    expect(elementsOf(content)).toHaveLength(1);
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / 1000;
  };
  const element = `{"v":1,"v":2,"a":[${'[],'.repeat(400_000)}0]}`;
  millisecondsOf(element);
  expect(millisecondsOf(before + element + after)).toBeLessThan(5 * millisecondsOf(element) + 100);
});
