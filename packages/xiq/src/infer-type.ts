// At the catch-all URL: the message type of an element by its shape.
import type { JsonObject } from '@xiq-siem/core';
import type { MessageType } from './message-types.ts';
import { camelCase } from './read/field-table.ts';

interface Shape {
  readonly type: MessageType;
  /** Fields that an element of the type has; of several in one text, one. */
  readonly has: readonly string[];
  /** A field of what the element is an observation of. */
  readonly parentHas?: string;
  /** Where given: the element has no other field than these, and is no observation. */
  readonly only?: string;
}

/**
 * The first that fits. Only ever added to at its end: an element keeps its type, and so its id. AUDIT_LOG_ALL stands for
 * GDPR_LOG_ALL too, which has no shape of its own.
 */
const shapes: readonly Shape[] = [
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

/** Each name in both of its spellings. */
const either = (names: string): readonly string[] => names.split(' ').flatMap((name) => [name, camelCase(name)]);

const tests = shapes.map(({ type, has, parentHas, only }) => ({
  type,
  has: has.map(either),
  parentHas: parentHas === undefined ? undefined : either(parentHas),
  only: only === undefined ? undefined : new Set(either(only)),
}));

/** A field that is there but null still tells the type. */
export function inferType(element: JsonObject, parent: JsonObject | undefined): MessageType | undefined {
  const parts = parent === undefined ? [element] : [element, parent];
  const isThere = (name: string): boolean => parts.some((part) => Object.hasOwn(part, name));
  return tests.find(
    ({ has, parentHas, only }) =>
      has.every((names) => names.some(isThere)) &&
      (parentHas === undefined || (parent !== undefined && parentHas.some((name) => Object.hasOwn(parent, name)))) &&
      (only === undefined || (parent === undefined && Object.keys(element).every((name) => only.has(name)))),
  )?.type;
}
