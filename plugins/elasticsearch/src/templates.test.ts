import type { FieldDefinition } from '@xiq-siem/core';
import { expect, test } from 'vitest';
import { mappingsOf } from './templates.ts';
import { testFields } from './test-context.ts';

const fields: readonly FieldDefinition[] = [
  { name: '@timestamp', type: 'date' },
  { name: 'client.ip', type: 'ip' },
  { name: 'client.geo.location', type: 'geo_point' },
  { name: 'event.original', type: 'keyword', indexed: false },
  { name: 'extreme.xiq.extra', type: 'flattened' },
  { name: 'extreme.xiq.raw', type: 'keyword', indexed: false, ignoreAbove: 1024 },
  { name: 'extreme.xiq.ssid', type: 'keyword' },
  { name: 'labels', type: 'object_of_keyword' },
  { name: 'tags', type: 'keyword', array: true, ignoreAbove: 256 },
];

test('each declared field is mapped, and no other', () => {
  expect(mappingsOf(fields)).toEqual({
    _meta: { xiq_siem: { version: 1, fields: expect.stringMatching(/^[0-9a-f]{16}$/) } },
    dynamic: false,
    date_detection: false,
    numeric_detection: false,
    dynamic_templates: [
      {
        labels: {
          path_match: 'labels.*',
          match_mapping_type: '*',
          mapping: { type: 'keyword', ignore_above: 1024 },
        },
      },
    ],
    properties: {
      '@timestamp': { type: 'date' },
      client: {
        properties: { ip: { type: 'ip' }, geo: { properties: { location: { type: 'geo_point' } } } },
      },
      event: {
        properties: { original: { type: 'keyword', index: false, doc_values: false, ignore_above: 2_147_483_647 } },
      },
      extreme: {
        properties: {
          xiq: {
            properties: {
              extra: { type: 'flattened', ignore_above: 8191 },
              raw: { type: 'keyword', index: false, doc_values: false, ignore_above: 2_147_483_647 },
              ssid: { type: 'keyword', ignore_above: 1024 },
            },
          },
        },
      },
      labels: { type: 'object', dynamic: true },
      tags: { type: 'keyword', ignore_above: 256 },
    },
  });
});

test('the version of the mappings depends on the fields, not on their order', () => {
  const { fields: version } = mappingsOf(testFields)._meta.xiq_siem;
  expect(mappingsOf([...testFields].reverse())._meta.xiq_siem.fields).toBe(version);
  expect(mappingsOf(testFields.slice(1))._meta.xiq_siem.fields).not.toBe(version);
});
