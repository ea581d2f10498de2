// Infers the message type of an element from its fields, for requests without a message type in the URL.
import type { JsonObject } from '@xiq-siem/core';
import type { Parent } from './body/divided-item.ts';
import type { MessageType } from './message-types.ts';
import { plainName } from './plain-name.ts';

interface TypeRule {
  readonly type: MessageType;
  /** Fields that an element of the type has. Of several names in one text, it has one. */
  readonly has: readonly string[];
  /** A field of the element's parent. */
  readonly parentHas?: string;
  /** If set, the element has no other field than these, and is not an observation. */
  readonly only?: string;
}

/**
 * The first rule that matches is used. Names are compared as `plainName` writes them. New rules go to the end, so that an
 * element keeps its type and its id. A GDPR event with the fields of an audit event is classified as AUDIT_LOG_ALL.
 */
const typeRules: readonly TypeRule[] = [
  { type: 'LOCATION_CLIENT_CENTRIC', has: [], parentHas: 'client_mac' },
  { type: 'LOCATION_AP_CENTRIC', has: [], parentHas: 'ap_mac' },
  { type: 'LOCATION_AP_CENTRIC', has: ['ap_mac', 'client_mac observations'] },
  { type: 'LOCATION_CLIENT_CENTRIC', has: ['client_mac', 'rssi seen_time seen_epoch observations'] },
  {
    type: 'ACCOUNTING_LOG_ALL',
    has: ['acct_session_id acct_multi_id acct_start_time acct_stop_time acct_session_time'],
  },
  {
    type: 'AUTHENTICATION_LOG_ALL',
    has: ['reply auth_date auth_type reject_reason', 'calling_station_id called_station_id auth_date'],
  },
  { type: 'SMS_LOG_ALL', has: ['tel message_id status_from_provider', 'status'] },
  { type: 'EMAIL_LOG_ALL', has: ['approver_email customer_id', 'status username user_name'] },
  { type: 'AUDIT_LOG_ALL', has: ['code', 'description category parameters'] },
  {
    type: 'CREDENTIAL_LOG_ALL',
    has: ['username user_name', 'timestamp time_stamp'],
    only: 'id username user_name vhm_id owner_id vhm_name org_id org_name timestamp time_stamp',
  },
  { type: 'GDPR_LOG_ALL', has: ['log_id', 'admin'] },
  {
    type: 'ALERT',
    has: ['summary', 'severity_id severity_name alert_policy_id alert_policy_name alert_rule_id alert_rule_name'],
  },
  {
    type: 'AUTHENTICATION_LOG_ALL',
    has: ['auth_status', 'username ssid auth_type reject_reason nas_identifier calling_station_id called_station_id'],
  },
];

const plainNames = (names: string): readonly string[] => names.split(' ').map(plainName);

const compiledRules = typeRules.map(({ type, has, parentHas, only }) => ({
  type,
  has: has.map(plainNames),
  parentHas: parentHas === undefined ? undefined : plainNames(parentHas),
  only: only === undefined ? undefined : new Set(plainNames(only)),
}));

/** The names by which a type is inferred, as `plainName` writes them. */
export const inferringNames: ReadonlySet<string> = new Set(
  compiledRules.flatMap(({ has, parentHas = [], only = [] }) => [...has.flat(), ...parentHas, ...only]),
);

const namesOf = (object: JsonObject): ReadonlySet<string> => new Set(Object.keys(object).map(plainName));

/** A cache: a parent may have many names and many observations. */
const parentNames = new WeakMap<JsonObject, ReadonlySet<string>>();

function namesAround(parent: Parent | undefined): ReadonlySet<string> | undefined {
  if (parent?.kind !== 'observations') return undefined;
  const names = parentNames.get(parent.object) ?? namesOf(parent.object);
  parentNames.set(parent.object, names);
  return names;
}

/** A field with the value null counts too. The fields of an envelope are not those of its element. */
export function inferType(element: JsonObject, parent: Parent | undefined): MessageType | undefined {
  const own = namesOf(element);
  const around = namesAround(parent);
  const isPresent = (name: string): boolean => own.has(name) || around?.has(name) === true;
  return compiledRules.find(
    ({ has, parentHas, only }) =>
      has.every((names) => names.some(isPresent)) &&
      (parentHas === undefined || (around !== undefined && parentHas.some((name) => around.has(name)))) &&
      (only === undefined || (around === undefined && [...own].every((name) => only.has(name)))),
  )?.type;
}
