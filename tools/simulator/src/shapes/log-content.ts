// Content of the other types: more audit texts, spellings of e-mail and SMS status, location without a network.
import { createHash } from 'node:crypto';
import type { EventContext } from '../generate/context.ts';
import { isArray, isObject, type Json, type JsonObject } from '../json.ts';

const tenYearsSeconds = 315_619_200;

/** The codes are invented, but for the range of the PPSK users. */
export function auditContent(fields: JsonObject, { random, tenant }: EventContext): JsonObject {
  const device = random.pick(tenant.accessPoints).name;
  const verb = random.pick(['Created', 'Deleted', 'Disabled', 'Enabled']);
  const changes = [
    {},
    { code: 61_001, category: 6, description: `${verb} alert policy Rogue AP` },
    { code: 20_021, category: 2, description: `Reset device ${device}` },
    { code: 40_002, category: 3, description: 'Updated Cloud PPSK User ppsk_user_01' },
    { code: 40_007, category: 3, description: 'Renewed Cloud PPSK User ppsk_user_01' },
    { code: 41_011, category: 4, description: `Changed banner of ${device} to \u001b[31mstop\u001b[0m\u0007\r\n` },
  ];
  const change = random.pick<JsonObject>(changes);
  const lists = [
    { host_names: 'AP-1, AP-2,SW-3', device_ids: '11,12,13', device_count: 3 },
    { host_names: ['AP-1', null], device_ids: ['11', null], device_count: '1' },
    { host_names: ['AP-1', 'SW-3'], device_ids: [11, 13], device_count: 2 },
  ];
  // The REST model has none of these fields.
  const devices = 'host_names' in fields && random.chance(0.5) ? random.pick<JsonObject>(lists) : {};
  return { ...fields, ...change, ...devices, ...(random.chance(0.2) && { user_id: String(fields['user_id']) }) };
}

/** By a status of the REST model. */
const statusWords: Readonly<Record<string, readonly string[]>> = {
  SEND_OUT: ['SEND_OUT', 'Sent', 'SENT', 'send out'],
  SUCCESS: ['SUCCESS', 'Success', 'success'],
  COMPLETE: ['COMPLETE', 'Completed', 'complete'],
  FAIL: ['FAIL', 'FAILED', 'Failed', 'failure'],
};

export function deliveryContent(fields: JsonObject, { random }: EventContext): JsonObject {
  const words = statusWords[String(fields['status'])] ?? [];
  const answer = fields['status_from_provider'];
  const said = typeof answer === 'string' ? { status_from_provider: `${answer} to ${String(fields['tel'])}` } : {};
  return { ...fields, ...(random.chance(0.5) && said), status: random.pick(words) };
}

export function credentialContent(fields: JsonObject, { random }: EventContext): JsonObject {
  return { ...fields, action: random.pick(['Created', 'Renewed', 'Deleted']) };
}

export function privacyContent(fields: JsonObject, { random }: EventContext): JsonObject {
  const status = String(fields['status']);
  return { ...fields, status: random.pick([status, status.toLowerCase(), status.toUpperCase().replace(' ', '_')]) };
}

/** The fields of the API's model of 2023. */
export function alertContent(fields: JsonObject, { random }: EventContext): JsonObject {
  if (random.chance(0.7)) return fields;
  const { category = null, acknowledged_by: username = null, acknowledged_time: _, ...rest } = fields;
  const [id, source] = [fields['alert_rule_id'] ?? null, fields['source'] ?? null];
  return {
    ...rest,
    message_metadata_id: id,
    message_metadata_type: 'device_event',
    category_id: 3,
    category_name: category,
    source: isObject(source) ? { source_type_id: 1, ...source } : source,
    acknowledged_username: username,
  };
}

/** Clients without a network, hashed addresses, and a `seen_epoch` in seconds that is ten years old. */
export function locationContent(fields: JsonObject, { random }: EventContext): JsonObject {
  const isHashed = random.chance(0.3);
  const { observations = [] } = fields;
  const seen = isArray(observations) ? observations.map((item) => observationContent(item, isHashed, random)) : [];
  return { ...fields, ...hashedClient(fields, isHashed), observations: seen };
}

function observationContent(item: Json, isHashed: boolean, random: EventContext['random']): Json {
  if (!isObject(item)) return item;
  const { seen_epoch: epoch } = item;
  return {
    ...item,
    ...hashedClient(item, isHashed),
    ...(random.chance(0.3) && { ssid: null, ...('ipv4' in item && { ipv4: null }) }),
    ...(random.chance(0.3) &&
      typeof epoch === 'number' && {
        seen_epoch: Math.floor(epoch > 1e11 ? epoch / 1000 : epoch) - tenYearsSeconds,
      }),
  };
}

/** The same hash for all notations of an address. */
function hashedClient({ client_mac: mac }: JsonObject, isHashed: boolean): JsonObject {
  if (!isHashed || typeof mac !== 'string') return {};
  const hex = mac.replaceAll(/[^0-9A-Fa-f]/g, '').toLowerCase();
  return { client_mac: createHash('sha256').update(hex).digest('hex') };
}
