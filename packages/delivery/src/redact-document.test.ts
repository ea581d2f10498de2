import { ecsFieldDefinitions, type FieldDefinition } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { createRedaction, type RedactionRules, redactionFault } from './redact-document.ts';

const fields: readonly FieldDefinition[] = [
  ...ecsFieldDefinitions,
  { name: 'extreme.xiq.extra', type: 'flattened' },
  { name: 'extreme.xiq.user_name', type: 'keyword' },
];
const key = 'a key of the operator';
const document = {
  '@timestamp': '2026-12-01T00:00:00.000Z',
  event: { id: '2ab', action: 'j.doe-login', hash: 'cd', original: '{"userName":"J.Doe@Example.com"}', severity: 4711 },
  message: 'J.Doe@example.com logged in from 192.0.2.7 (aabb.ccdd.eeff), id 4711',
  user: { id: '4711', name: 'j.doe@example.com', email: 'j.doe@example.com', domain: 'example.com' },
  client: { mac: 'AA-BB-CC-DD-EE-FF', ip: '192.0.2.7' },
  source: { ip: '192.0.2.7' },
  related: { user: ['j.doe@example.com', 'EXAMPLE\\j.doe@example.com', 'other'], ip: ['192.0.2.7', '192.0.2.8'] },
  extreme: {
    xiq: { extra: { 'j.doe@example.com': 1, id: 4711, mac: 'aa:bb:cc:dd:ee:ff', list: ['x', 'J.DOE@EXAMPLE.COM'] } },
  },
};

function redacted(rules: RedactionRules, of: object = document) {
  const json = createRedaction(rules, fields)(JSON.stringify(of), key);
  return { json, document: JSON.parse(json) };
}

describe('a redacted document', () => {
  it.each([{ drop: ['user.name'] }, { mask: ['user.name'] }, { hash: ['user.name'] }])(
    'has the value of user.name in no field: %j',
    (rules) => {
      const { json, document: shown } = redacted(rules);
      expect(json.replace('j.doe-login', '').toLowerCase()).not.toContain('j.doe');
      expect(shown.event).toEqual({ id: '2ab', action: 'j.doe-login', severity: 4711 });
      expect(shown.client).toEqual(document.client);
      expect(shown.related.user).toContain('other');
    },
  );

  it('has the same pseudonym for the same value in every field, whatever its case', () => {
    const { document: shown } = redacted({ hash: ['user.name'] });
    expect(shown.user.name).toMatch(/^h1_[0-9a-f]{32}$/);
    const other = { '@timestamp': '', user: { name: 'J.DOE@example.com' } };
    expect(redacted({ hash: ['user.name'] }, other).document.user.name).toBe(shown.user.name);
    expect(shown.user.email).toBe(shown.user.name);
    expect(shown.related.user).toEqual([shown.user.name, `EXAMPLE\\${shown.user.name}`, 'other']);
    expect(shown.message).toBe(`${shown.user.name} logged in from 192.0.2.7 (aabb.ccdd.eeff), id 4711`);
    expect(shown.extreme.xiq.extra).toMatchObject({ [shown.user.name]: 1, list: ['x', shown.user.name] });
  });

  it('has no spelling of a hardware address', () => {
    const { json, document: shown } = redacted({ hash: ['client.mac'] });
    expect(json.toLowerCase()).not.toMatch(/aa.?bb.?cc.?dd.?ee.?ff/);
    expect(shown.extreme.xiq.extra.mac).toBe(shown.client.mac);
  });

  it('has an IPv6 address in place of an address, also where the field accepts nothing else', () => {
    const { json, document: shown } = redacted({ hash: ['source.ip'] });
    expect(shown.source.ip).toMatch(/^fd[0-9a-f]{2}(?::[0-9a-f]{4}){7}$/);
    expect([shown.client.ip, ...shown.related.ip]).toEqual([shown.source.ip, shown.source.ip, '192.0.2.8']);
    expect(json).not.toContain('192.0.2.7');
  });

  it('has no number of a dropped value in extra, but the numbers of other fields', () => {
    const { document: shown } = redacted({ drop: ['user.id'] });
    expect(shown.extreme.xiq.extra.id).toBeUndefined();
    expect(shown.event.severity).toBe(4711);
    expect(shown.message).toContain('id ***');
  });

  it('keeps texts that only have the letters of a short value within a word', () => {
    const short = { '@timestamp': '', user: { name: 'al' }, message: 'al: also almost [AL]' };
    expect(redacted({ mask: ['user.name'] }, short).document.message).toBe('***: also almost [***]');
  });

  it.each(['a.b*c+d', '(x|y)', 'back\\slash"quote', 'line\nfeed\u0007', 'ſtraße', '日本語の名前', '[a-z]{3}'])(
    'does not have %j, in JSON, as visible text, or in another case',
    (name) => {
      const texts = {
        message: `${name} and ${JSON.stringify(name)}`,
        user: { name },
        labels: { x: name.toUpperCase() },
      };
      const { document: shown } = redacted({ mask: ['user.name'] }, { '@timestamp': '', ...texts });
      expect(shown.message.replaceAll('"', '')).toBe('*** and ***');
      expect(shown.user.name).toBe('***');
    },
  );

  it('keeps lists within lists, and members without a value', () => {
    const nested = {
      '@timestamp': '',
      user: { name: 'j.doe.1' },
      extreme: { xiq: { extra: { a: [[1, 2], [], ['x']], b: null } } },
    };
    expect(redacted({ mask: ['user.name'] }, nested).document.extreme).toEqual(nested.extreme);
  });

  it('that is a pipeline error has no part of the text that could not be read', () => {
    const fault = {
      '@timestamp': '',
      event: { kind: 'pipeline_error', original: '{"userName":"j.doe' },
      error: { code: 'invalid_json', message: 'Unterminated string: "j.doe"' },
      message: 'Unterminated string: "j.doe"',
      extreme: { xiq: { extra: { userName: 'j.doe' }, receipt: 'r1' } },
    };
    const { event, error, extreme, ...others } = redacted({ mask: ['user.name'] }, fault).document;
    expect({ event, error, extreme }).toEqual({
      event: { kind: 'pipeline_error' },
      error: { code: 'invalid_json' },
      extreme: { xiq: { receipt: 'r1' } },
    });
    expect(others).toEqual({ '@timestamp': '' });
  });

  it('with many values in much text has its other texts masked: a search would take minutes', () => {
    const names = Array.from({ length: 9_000 }, (_, n) => `host-${n}.example.com`);
    const texts = {
      message: 'x'.repeat(1_000_000),
      tags: ['forwarded'],
      related: { hosts: names },
      user: { name: names[1] },
    };
    const { json, document: shown } = redacted({ hash: ['related.hosts'] }, { '@timestamp': '', ...texts });
    expect(json).not.toContain('example.com');
    expect(shown).toMatchObject({ message: '***', tags: ['forwarded'], user: { name: shown.related.hosts[1] } });
  });

  it('without the field is the same, except the original', () => {
    const { event, ...others } = document;
    const { hash: _, original: __, ...kept } = event;
    expect(redacted({ drop: ['user.target.name'] }).document).toEqual({ ...others, event: kept });
  });
});

it.each([
  ['user.names', 'drop', 'no field'],
  ['event.id', 'drop', 'the connector makes it'],
  ['event.code', 'hash', 'the connector makes it'],
  ['agent.name', 'mask', 'the connector makes it'],
  ['event.severity', 'hash', 'use drop'],
  ['source.ip', 'mask', 'use drop'],
] as const)('%s cannot be redacted with %s: %s', (field, way, text) => {
  expect(redactionFault(field, way, fields)).toContain(text);
});

it.each([
  ['user.name', 'mask'],
  ['source.ip', 'hash'],
  ['event.severity', 'drop'],
  ['extreme.xiq.extra', 'drop'],
] as const)('%s can be redacted with %s', (field, way) => expect(redactionFault(field, way, fields)).toBeUndefined());
