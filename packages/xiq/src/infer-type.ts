// Infers the message type of an element from its fields, for requests without a message type in the URL.
import type { JsonObject } from '@xiq-siem/core';
import type { MessageType } from './message-types.ts';
import { camelCase } from './read/field-table.ts';

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
 * The first rule that matches is used. New rules go to the end, so that an element keeps its type and its id. GDPR_LOG_ALL
 * has the fields of AUDIT_LOG_ALL, and is classified as that.
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
];

/** Each name in snake_case and camelCase. */
const bothSpellings = (names: string): readonly string[] => names.split(' ').flatMap((name) => [name, camelCase(name)]);

const compiledRules = typeRules.map(({ type, has, parentHas, only }) => ({
  type,
  has: has.map(bothSpellings),
  parentHas: parentHas === undefined ? undefined : bothSpellings(parentHas),
  only: only === undefined ? undefined : new Set(bothSpellings(only)),
}));

/** A field with the value null counts too. */
export function inferType(element: JsonObject, parent: JsonObject | undefined): MessageType | undefined {
  const parts = parent === undefined ? [element] : [element, parent];
  const isPresent = (name: string): boolean => parts.some((part) => Object.hasOwn(part, name));
  return compiledRules.find(
    ({ has, parentHas, only }) =>
      has.every((names) => names.some(isPresent)) &&
      (parentHas === undefined || (parent !== undefined && parentHas.some((name) => Object.hasOwn(parent, name)))) &&
      (only === undefined || (parent === undefined && Object.keys(element).every((name) => only.has(name)))),
  )?.type;
}
