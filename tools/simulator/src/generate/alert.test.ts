import { expect, it } from 'vitest';
import { z } from 'zod';
import { generateBodies } from '../bodies.ts';

// The fields of the REST API's XiqAlert.
const xiqAlert = z.strictObject({
  id: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  owner_id: z.number(),
  org_id: z.number(),
  summary: z.string(),
  severity_id: z.literal([1, 2, 3]),
  severity_name: z.enum(['Critical', 'Warning', 'Info']),
  category: z.string(),
  source: z.strictObject({ source_type_name: z.string(), source_name: z.string(), source_id: z.string() }),
  site_id: z.number(),
  site_name: z.string(),
  building_id: z.number(),
  building_name: z.string(),
  floor_id: z.number().nullable(),
  floor_name: z.string().nullable(),
  alert_policy_id: z.number(),
  alert_policy_name: z.string(),
  alert_rule_id: z.number(),
  alert_rule_name: z.string(),
  tags: z.array(z.strictObject({ id: z.number(), name: z.string(), value: z.string(), is_hidden: z.boolean() })),
  acknowledged: z.boolean(),
  acknowledged_by: z.string().nullable(),
  acknowledged_time: z.iso.datetime().nullable(),
});

function alerts(casing: 'snake' | 'camel') {
  const bodies = generateBodies({ seed: 1, count: 300, types: ['ALERT'], casing });
  return [...bodies].flatMap(({ body }) => [JSON.parse(body.toString())].flat());
}

it('has the fields of the REST API', () => {
  const parsed = alerts('snake').map((alert) => xiqAlert.parse(Object.fromEntries(known(alert))));
  expect(new Set(parsed.map((alert) => alert.severity_id))).toEqual(new Set([1, 2, 3]));
  expect(new Set(parsed.map((alert) => alert.acknowledged))).toEqual(new Set([true, false]));
  expect(parsed.every((alert) => alert.acknowledged === (alert.acknowledged_by !== null))).toBe(true);
  expect(parsed.some(({ tags }) => tags.length > 0)).toBe(true);
});

function known(alert: object): [string, unknown][] {
  return Object.entries(alert).filter(([name]) => name !== 'firmware_build');
}

it('spells the fields of its source and tags like its own', () => {
  const text = JSON.stringify(alerts('camel'));
  expect(text).toContain('"sourceTypeName"');
  expect(text).toContain('"isHidden"');
  expect(text).not.toContain('_name"');
});
