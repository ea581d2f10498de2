// Where a value may go: the ECS fields, and our own under `extreme.xiq`, each with its one type.
import type { EcsFields, FieldDefinition, JsonObject } from '@xiq-siem/core';

/** Our own fields below `extreme.xiq`, with the type that a search engine should map each to. */
const ownFields = {
  receipt: 'keyword',
  message_type: 'keyword',
  mapping_version: 'keyword',
  id: 'keyword',
  owner_id: 'keyword',
  org_id: 'keyword',
  org_name: 'keyword',
  user_id: 'keyword',
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
  machine: 'keyword',
  mac_local: 'boolean',
  'audit.category_id': 'long',
  'audit.category': 'keyword',
  'audit.category_derived': 'boolean',
  'audit.parameters': 'keyword',
  'audit.config': 'keyword',
  'audit.full_description_id': 'keyword',
  'device.ids': 'keyword[]',
  'device.count': 'long',
  'radius.user_name': 'keyword',
  'radius.reply': 'keyword',
  'radius.group_name': 'keyword',
  'radius.called_station_id': 'keyword',
  'radius.bssid': 'keyword',
  'radius.nas_port': 'keyword',
  'radius.nas_port_type': 'keyword',
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

/** Of these, the ones that nobody searches. */
const notIndexed: ReadonlySet<string> = new Set(['original_base64']);

/** The same by their whole names, for the mappings that destinations make. */
export const ownFieldDefinitions: readonly FieldDefinition[] = Object.entries(ownFields).map(([name, type]) => ({
  name: `extreme.xiq.${name}`,
  ...(type === 'keyword[]' ? { type: 'keyword', array: true } : { type }),
  ...((type === 'keyword' || type === 'keyword[]') && { ignoreAbove: 1024 }),
  ...(notIndexed.has(name) && { indexed: false }),
}));

interface OwnTypes {
  keyword: string;
  'keyword[]': readonly string[];
  date: string;
  long: number;
  double: number;
  boolean: boolean;
  flattened: JsonObject;
}

type OwnFields = {
  [Name in keyof typeof ownFields as `extreme.xiq.${Name}`]: OwnTypes[(typeof ownFields)[Name]];
};

/** Every field of a document by its dotted name: a name or a value that is not there does not compile. */
export type Places = EcsFields & OwnFields;
export type Place = keyof Places;

/** The places that hold a list of texts. */
export type ListPlace = { [P in Place]: Places[P] extends readonly string[] ? P : never }[Place];

const lists: Record<ListPlace, true> = {
  'email.to.address': true,
  'event.category': true,
  'event.type': true,
  'extreme.xiq.device.ids': true,
  'observer.ip': true,
  'observer.mac': true,
  'related.hosts': true,
  'related.ip': true,
  'related.user': true,
  tags: true,
};

const listNames: ReadonlySet<string> = new Set(Object.keys(lists));

export const isListPlace = (place: string): place is ListPlace => listNames.has(place);
