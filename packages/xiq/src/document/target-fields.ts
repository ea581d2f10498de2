// The target fields of mappings: the ECS fields, and those below `extreme.xiq`, each with its type.
import type { EcsFields, FieldDefinition, JsonObject } from '@xiq-siem/core';

/** The fields below `extreme.xiq`, each with its type in the index mapping. */
const xiqFields = {
  source: 'keyword',
  receipt: 'keyword',
  message_type: 'keyword',
  mapping_version: 'keyword',
  id: 'keyword',
  owner_id: 'keyword',
  org_id: 'keyword',
  org_name: 'keyword',
  user_id: 'keyword',
  user_name: 'keyword',
  target_user_name: 'keyword',
  customer_id: 'keyword',
  approver_email: 'keyword',
  status: 'keyword',
  timestamp_raw: 'keyword',
  original_bytes: 'long',
  original_base64: 'keyword',
  extra: 'flattened',
  ssid: 'keyword',
  identity: 'keyword',
  auth_type: 'keyword',
  auth_method: 'keyword',
  auth_status: 'keyword',
  machine: 'keyword',
  mac_local: 'boolean',
  'audit.category_id': 'long',
  'audit.category': 'keyword',
  'audit.category_derived': 'boolean',
  'audit.parameters': 'keyword',
  'audit.config': 'keyword',
  'audit.full_description_id': 'keyword',
  'audit.object': 'keyword',
  'audit.object_type': 'keyword',
  'gdpr.log_id': 'keyword',
  'gdpr.category': 'keyword',
  'credential.action': 'keyword',
  'alert.severity': 'keyword',
  'alert.severity_id': 'long',
  'alert.category': 'keyword',
  'alert.category_id': 'keyword',
  'alert.type': 'keyword',
  'alert.type_id': 'keyword',
  'alert.type_name': 'keyword',
  'alert.policy_id': 'keyword',
  'alert.policy_name': 'keyword',
  'alert.source_type': 'keyword',
  'alert.source_type_id': 'keyword',
  'alert.source_name': 'keyword',
  'alert.source_id': 'keyword',
  'alert.site_id': 'keyword',
  'alert.site_name': 'keyword',
  'alert.building_id': 'keyword',
  'alert.building_name': 'keyword',
  'alert.floor_id': 'keyword',
  'alert.floor_name': 'keyword',
  'alert.acknowledged': 'boolean',
  'alert.acknowledged_by': 'keyword',
  'alert.acknowledged_time': 'date',
  'device.ids': 'keyword[]',
  'device.count': 'long',
  'radius.user_name': 'keyword',
  'radius.reply': 'keyword',
  'radius.group_name': 'keyword',
  'radius.called_station_id': 'keyword',
  'radius.bssid': 'keyword',
  'radius.nas_port': 'keyword',
  'radius.nas_port_type': 'keyword',
  'radius.status_type': 'keyword',
  'radius.session_id': 'keyword',
  'radius.multi_session_id': 'keyword',
  'radius.session_time': 'long',
  'radius.input_octets_total': 'long',
  'radius.output_octets_total': 'long',
  'radius.input_gigawords': 'long',
  'radius.output_gigawords': 'long',
  'radius.octets_may_wrap': 'boolean',
  'radius.authentic': 'keyword',
  'radius.connect_info': 'keyword',
  'radius.service_type': 'keyword',
  'radius.start_delay': 'long',
  'radius.stop_delay': 'long',
  'radius.attribute_num': 'keyword',
  'radius.event_time': 'date',
  'radius.usage_bytes': 'long',
  'radius.usage_text': 'keyword',
  'sms.tel': 'keyword',
  'sms.message_id': 'keyword',
  'sms.profile': 'keyword',
  'presence.rssi': 'double',
  'presence.unc': 'double',
  'presence.x': 'double',
  'presence.y': 'double',
} as const;

/** Fields without an index. */
const notIndexed: ReadonlySet<string> = new Set(['original_base64']);

/** The same with full names, for the index mappings of destinations. */
export const xiqFieldDefinitions: readonly FieldDefinition[] = Object.entries(xiqFields).map(([name, type]) => ({
  name: `extreme.xiq.${name}`,
  ...(type === 'keyword[]' ? { type: 'keyword', array: true } : { type }),
  ...((type === 'keyword' || type === 'keyword[]') && { ignoreAbove: 1024 }),
  ...(notIndexed.has(name) && { indexed: false }),
}));

interface XiqFieldTypes {
  keyword: string;
  'keyword[]': readonly string[];
  date: string;
  long: number;
  double: number;
  boolean: boolean;
  flattened: JsonObject;
}

type XiqFields = {
  [Name in keyof typeof xiqFields as `extreme.xiq.${Name}`]: XiqFieldTypes[(typeof xiqFields)[Name]];
};

/** Every field of a document by its dotted name, with its type. */
export type TargetFields = EcsFields & XiqFields;
export type TargetField = keyof TargetFields;

/** The fields with a list of texts. */
export type ListField = { [P in TargetField]: TargetFields[P] extends readonly string[] ? P : never }[TargetField];

const lists: Record<ListField, true> = {
  'email.to.address': true,
  'event.category': true,
  'event.type': true,
  'extreme.xiq.device.ids': true,
  'observer.ip': true,
  'observer.mac': true,
  'related.hosts': true,
  'related.ip': true,
  'related.user': true,
  'user.roles': true,
  tags: true,
};

const listNames: ReadonlySet<string> = new Set(Object.keys(lists));

export const isListField = (field: string): field is ListField => listNames.has(field);
