// The fields of a RADIUS session's records.
import type { FieldTable } from '../field-table.ts';
import type { MappingInput } from '../mapping.ts';
import { radiusFields } from './radius.ts';

export const accountingFields = {
  ...radiusFields,
  acct_session_id: { as: 'text', to: ['extreme.xiq.radius.session_id'] },
  acct_multi_id: { as: 'text', to: ['extreme.xiq.radius.multi_session_id'] },
  acct_start_time: { as: 'time' },
  acct_stop_time: { as: 'time' },
  acct_session_time: { as: 'count', to: ['extreme.xiq.radius.session_time'] },
  acct_terminate_cause: { as: 'text', to: ['event.reason'] },
  acct_input_octets: { as: 'count' },
  acct_output_octets: { as: 'count' },
  acct_input_gigawords: { as: 'count', to: ['extreme.xiq.radius.input_gigawords'] },
  acct_output_gigawords: { as: 'count', to: ['extreme.xiq.radius.output_gigawords'] },
  acct_authentic: { as: 'text', to: ['extreme.xiq.radius.authentic'] },
  acct_start_delay: { as: 'count', to: ['extreme.xiq.radius.start_delay'] },
  acct_stop_delay: { as: 'count', to: ['extreme.xiq.radius.stop_delay'] },
  group_name: { as: 'text' },
  framed_ip_address: { as: 'ip', to: ['source.ip', 'client.ip', 'related.ip'] },
  nas_ip_address: { as: 'ip', to: ['observer.ip', 'related.ip'] },
  nas_port: { as: 'text', to: ['extreme.xiq.radius.nas_port'] },
  device_serial_number: { as: 'text', to: ['observer.serial_number'] },
  connect_info: { as: 'text', to: ['extreme.xiq.radius.connect_info'] },
  service_type: { as: 'text', to: ['extreme.xiq.radius.service_type'] },
  attribute_num: { as: 'text', to: ['extreme.xiq.radius.attribute_num'] },
  event_time: { as: 'time', to: ['extreme.xiq.radius.event_time'] },
  usage: { as: 'text' },
} as const satisfies FieldTable;

export type AccountingInput = MappingInput<typeof accountingFields>;
