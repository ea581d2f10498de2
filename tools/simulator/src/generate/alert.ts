// Generates alerts in the form of the REST API's model: what a policy raised, its source and where that is.
import { writeMac } from '../spelling.ts';
import type { Tenant } from '../world.ts';
import { type EventContext, type Generate, oneEvent } from './context.ts';

/** Severity: 1 critical, 2 warning, 3 info. */
const rules = [
  { id: 101, severity: 1, category: 'Security', name: 'Rogue AP', summary: 'Rogue AP detected' },
  { id: 102, severity: 1, category: 'Device', name: 'Device offline', summary: 'Device disconnected from the cloud' },
  { id: 103, severity: 2, category: 'Client', name: 'Client failures', summary: 'Many clients failed to authenticate' },
  { id: 104, severity: 2, category: 'Device', name: 'CPU usage', summary: 'CPU usage is above 90 %' },
  { id: 105, severity: 3, category: 'Configuration', name: 'Firmware', summary: 'Firmware update is complete' },
] as const;
const severityNames = ['Critical', 'Warning', 'Info'];

export const generateAlert: Generate = (context) => {
  const { random, tenant, tick } = context;
  const rule = random.pick(rules);
  const { timeMs, form, write } = tick();
  const acknowledgedBy = random.chance(0.2) ? random.pick(tenant.admins).email : null;
  const isRfc3339 = form === 'ms' || form === 's' || form === 'iso';
  return oneEvent({
    id: random.hex(24),
    timestamp: isRfc3339 ? rfc3339(timeMs, form !== 'ms') : write(),
    owner_id: tenant.ownerId,
    org_id: 0,
    summary: rule.summary,
    severity_id: rule.severity,
    severity_name: severityNames[rule.severity - 1] ?? null,
    category: rule.category,
    source: sourceOf(context),
    ...placeOf(context),
    alert_policy_id: 8_000_001,
    alert_policy_name: 'Default "site" policy',
    alert_rule_id: rule.id,
    alert_rule_name: rule.name,
    tags: tagsOf(context),
    acknowledged: acknowledgedBy !== null,
    acknowledged_by: acknowledgedBy,
    acknowledged_time: acknowledgedBy === null ? null : rfc3339(timeMs, false),
  });
};

function sourceOf({ random, tenant }: EventContext) {
  const { name, serial, mac } = random.pick(tenant.accessPoints);
  const id = random.chance(0.5) ? serial : writeMac(mac, random);
  return { source_type_name: 'Device', source_name: name, source_id: id };
}

/** Floors are null for a device that is on no map. */
function placeOf({ random, tenant }: EventContext) {
  const floor = random.chance(0.8) ? random.between(1, 4) : null;
  return {
    site_id: placeId(tenant, 1),
    site_name: tenant.vhmName,
    building_id: placeId(tenant, 2),
    building_name: 'Building A',
    floor_id: floor === null ? null : placeId(tenant, 2 + floor),
    floor_name: floor === null ? null : `Floor ${floor}`,
  };
}

function placeId({ ownerId }: Tenant, place: number): number | bigint {
  return typeof ownerId === 'bigint' ? ownerId + BigInt(1000 + place) : ownerId * 1000 + place;
}

function tagsOf({ random, tenant }: EventContext) {
  const tag = { id: random.between(1, 99), name: 'SSID', value: random.pick(tenant.ssids), is_hidden: false };
  return random.chance(0.5) ? [] : [tag, { id: 100, name: 'traceId', value: random.hex(8), is_hidden: true }];
}

function rfc3339(timeMs: number, isShort: boolean): string {
  const text = new Date(timeMs).toISOString();
  return isShort ? text.replace(/\.\d+Z$/, '+00:00') : text;
}
