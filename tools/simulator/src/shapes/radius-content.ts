// Content of RADIUS events: status words, auth types, rows of the log's page, and placeholders of accounting.
import type { EventContext } from '../generate/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { clientFields } from './clients.ts';

/** 2 and 3 are the codes of RADIUS. */
const accepts = ['Access-Accept', 'Success', 'ok', 'ACCEPT', '2', 2];
const rejects = ['Access-Reject', 'Failed', 'DENIED', 'REJECT', '3', 3];
const authTypes = ['Private PSK', 'Enterprise', 'Facebook', 'Google', 'LinkedIn', 'PIN'];

export function authenticationContent(fields: JsonObject, context: EventContext): JsonObject {
  const { random } = context;
  const isAccepted = fields['reply'] === 'Access-Accept';
  const element = {
    ...fields,
    ...clientFields(fields, context),
    auth_type: random.pick(authTypes),
    reply: random.pick<Json>(isAccepted ? accepts : rejects),
  };
  const way = random.next();
  if (way < 0.2) return gridRow(element, isAccepted);
  if (way < 0.35) return helpRow(element, isAccepted);
  return !isAccepted && way < 0.6 ? { ...element, reply: null, reject_reason: 'User not found' } : element;
}

/** The keys of a row in the page of the cloud; camelCase but for one. */
function gridRow(fields: JsonObject, isAccepted: boolean): JsonObject {
  return {
    authdate: fields['auth_date'] ?? null,
    reply: fields['reply'] ?? null,
    userName: fields['username'] ?? null,
    ssid: fields['ssid'] ?? null,
    authType: fields['auth_type'] ?? null,
    callingStationId: fields['calling_station_id'] ?? null,
    rejectReason: isAccepted ? '' : (fields['reject_reason'] ?? null),
    calledStationId: fields['called_station_id'] ?? null,
    nasIdentifier: fields['nas_identifier'] ?? null,
  };
}

/** The columns of the help's page; the device is named by its MAC address. */
function helpRow(fields: JsonObject, isAccepted: boolean): JsonObject {
  return {
    auth_date: fields['auth_date'] ?? null,
    username: fields['username'] ?? null,
    auth_status: isAccepted ? 'ACCEPT' : 'REJECT',
    auth_type: fields['auth_type'] ?? null,
    ssid: fields['ssid'] ?? null,
    nas_device: fields['mgmt_mac_address'] ?? null,
    calling_station_id: fields['calling_station_id'] ?? null,
    reject_reason: isAccepted ? '' : (fields['reject_reason'] ?? null),
  };
}

/** Values of the RADIUS attribute Acct-Status-Type, and what an event of that phase may lack or hold instead. */
const phases = {
  start: {
    words: ['Start', 'START', '1', 1],
    gaps: [
      {},
      { acct_terminate_cause: '0' },
      { acct_stop_time: -1, acct_session_time: -1 },
      { acct_stop_time: 0, acct_session_time: null },
    ],
  },
  interim: {
    words: ['Interim-Update', 'interim', 'Alive', '3', 3],
    gaps: [{}, { acct_stop_time: -1 }, { acct_stop_time: 0, acct_terminate_cause: '' }],
  },
  stop: {
    words: ['Stop', 'STOP', '2', 2],
    gaps: [
      {},
      { acct_stop_time: null, acct_terminate_cause: null },
      { acct_stop_time: -1 },
      { acct_stop_time: 0, acct_terminate_cause: '0' },
      { acct_session_time: null },
    ],
  },
} as const satisfies Readonly<Record<string, { words: readonly Json[]; gaps: readonly JsonObject[] }>>;

export function accountingContent(fields: JsonObject, context: EventContext): JsonObject {
  const { random } = context;
  const phase = fields['acct_stop_time'] !== null ? 'stop' : fields['acct_session_time'] === 0 ? 'start' : 'interim';
  const { words, gaps } = phases[phase];
  const element = { ...fields, ...clientFields(fields, context) };
  // Without the word, the times and the cause decide: they stay.
  if (random.chance(0.2)) return element;
  const address = random.chance(0.2) ? { framed_ip_address: '0.0.0.0' } : {};
  return { ...element, ...address, ...random.pick<JsonObject>(gaps), acct_status_type: random.pick<Json>(words) };
}
