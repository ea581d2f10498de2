import { ecsDocument } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { eventJson } from './event-json.ts';

const document = ecsDocument(
  {
    tags: ['b', 'a'],
    'ecs.version': '9.4.0',
    'data_stream.type': 'logs',
    'event.original': '{"raw":1}',
    'event.hash': 'abc',
    'event.kind': 'event',
    'event.id': '1',
    'agent.version': '1',
    'agent.id': '2',
    message: 'm',
    '@timestamp': '2026-01-01T00:00:00.000Z',
  },
  { extreme: { xiq: { z: [{ b: 1, a: 2 }], a: null } } },
);

it('omits the parts that are omitted by default', () => {
  expect(JSON.parse(eventJson(document, new Set()))).toEqual({
    '@timestamp': '2026-01-01T00:00:00.000Z',
    message: 'm',
    event: { id: '1', kind: 'event' },
    agent: { id: '2', version: '1' },
    tags: ['b', 'a'],
    extreme: { xiq: { a: null, z: [{ a: 2, b: 1 }] } },
  });
});

it('contains the parts that the configuration includes', () => {
  const all = JSON.parse(eventJson(document, new Set(['event.original', 'event.hash', 'data_stream', 'ecs'])));
  expect(all).toEqual(document);
});

it('L4: always contains the original text of a document of kind pipeline_error', () => {
  const unread = ecsDocument({ 'event.kind': 'pipeline_error', 'event.original': '{"raw":', 'event.hash': 'abc' });
  expect(JSON.parse(eventJson(unread, new Set()))).toEqual({
    event: { kind: 'pipeline_error', original: '{"raw":' },
  });
});

it('does not depend on the order of the keys', () => {
  const reversed = (value: object): object =>
    Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [
          key,
          typeof inner === 'object' && !Array.isArray(inner) && inner ? reversed(inner) : inner,
        ]),
    );
  expect(JSON.stringify(reversed(document))).not.toBe(JSON.stringify(document));
  expect(eventJson({ ...reversed(document) }, new Set())).toBe(eventJson(document, new Set()));
});

it('starts with the fields of data models, and ends with what a sender may make long', () => {
  expect(Object.keys(JSON.parse(eventJson(document, new Set())))).toEqual([
    ...['@timestamp', 'event', 'agent', 'tags', 'message', 'extreme'],
  ]);
  const long = ecsDocument(
    { 'event.original': 'o', 'event.type': ['info'], 'event.id': '1' },
    { extreme: { xiq: { extra: { z: 1 }, source: 's', id: 'i' } } },
  );
  const shuffled = ecsDocument(
    { 'event.type': ['info'], 'event.id': '1', 'event.original': 'o' },
    { extreme: { xiq: { source: 's', extra: { z: 1 }, id: 'i' } } },
  );
  const expected =
    '{"event":{"id":"1","type":["info"],"original":"o"},"extreme":{"xiq":{"id":"i","source":"s","extra":{"z":1}}}}';
  for (const one of [long, shuffled]) expect(eventJson(one, new Set(['event.original']))).toBe(expected);
});

it('treats a sender’s __proto__ like any other key', () => {
  const extra = JSON.parse('{"xiq":{"extra":{"__proto__":{"polluted":true}}}}');
  expect(eventJson(ecsDocument({ message: 'm' }, { extreme: extra }), new Set())).toContain(
    '"__proto__":{"polluted":true}',
  );
});
