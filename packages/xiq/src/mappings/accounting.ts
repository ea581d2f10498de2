// ACCOUNTING_LOG_ALL: start, interim and stop of RADIUS sessions.
import { writeTime } from '../document/write-time.ts';
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import type { Moment } from '../read/time.ts';
import { classify, suffix } from './common.ts';
import { type Classification, defineMapping, type MappingInput, timeKey } from './mapping.ts';
import { clientText, finishRadius, radiusFields } from './radius.ts';

const accountingFields = {
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

type Input = MappingInput<typeof accountingFields>;
type Values = ValuesOf<typeof accountingFields>;

const category = ['network', 'session'] as const;
const start: Classification = { action: 'session-start', category, type: ['start'], level: 'info' };
const interim: Classification = { action: 'session-interim', category, type: ['info'], level: 'info' };
const end: Classification = { action: 'session-end', category, type: ['end'], level: 'info' };

/** A time of 0 means that the time is not known yet. */
const nonZero = (moment: Moment | undefined): Moment | undefined => (moment?.ms === 0 ? undefined : moment);

/** An interim record has the start time too, but its counters are not 0. */
function sessionPhase(values: Values): Classification {
  if (nonZero(values.acct_stop_time) !== undefined || values.acct_terminate_cause !== undefined) return end;
  const counted = [values.acct_session_time, values.acct_input_octets, values.acct_output_octets];
  if (counted.some((count) => count !== undefined && count > 0)) return interim;
  return nonZero(values.acct_start_time) === undefined ? interim : start;
}

/** Returns the time of the event. */
function setTimes({ values, draft, moveToExtra }: Input, ended: boolean): Moment | undefined {
  const started = nonZero(values.acct_start_time);
  const stopped = nonZero(values.acct_stop_time);
  if (started === undefined) moveToExtra('acct_start_time');
  if (stopped === undefined) moveToExtra('acct_stop_time');
  draft.setField('event.end', stopped && writeTime(stopped.ms));
  if (started !== undefined && stopped !== undefined && started.ms > stopped.ms) moveToExtra('acct_start_time');
  else draft.setField('event.start', started && writeTime(started.ms));
  const time = (ended ? stopped : undefined) ?? values.timestamp ?? values.event_time ?? started;
  if (time?.ms !== values.timestamp?.ms) moveToExtra('timestamp');
  const nanoseconds = (values.acct_session_time ?? Number.NaN) * 1e9;
  if (ended && Number.isSafeInteger(nanoseconds)) draft.setField('event.duration', nanoseconds);
  return time;
}

const gigaword = 2 ** 32;

/** The counter with its high word. Undefined without a counter, or beyond the safe integers. */
function fullCount(octets: number | undefined, gigawords: number | undefined): number | undefined {
  if (octets === undefined) return undefined;
  const sum = octets + (gigawords ?? 0) * gigaword;
  return Number.isSafeInteger(sum) ? sum : undefined;
}

/**
 * Input is the traffic from the client (RFC 2866, 5.3). The counters are cumulative, so only the last record of a session
 * sets the byte fields: a sum over all records would count bytes twice.
 */
function finishOctets({ values, draft, moveToExtra }: Input, ended: boolean): void {
  const { acct_input_octets, acct_output_octets, acct_input_gigawords, acct_output_gigawords } = values;
  const input = fullCount(acct_input_octets, acct_input_gigawords);
  const output = fullCount(acct_output_octets, acct_output_gigawords);
  if (input !== acct_input_octets) moveToExtra('acct_input_octets');
  if (output !== acct_output_octets) moveToExtra('acct_output_octets');
  if (ended) {
    draft.setField('source.bytes', input);
    draft.setField('client.bytes', input);
    draft.setField('destination.bytes', output);
    draft.setField('server.bytes', output);
    const sum = (input ?? 0) + (output ?? 0);
    if ((input ?? output) !== undefined && Number.isSafeInteger(sum)) draft.setField('network.bytes', sum);
  } else {
    draft.setField('extreme.xiq.radius.input_octets_total', input);
    draft.setField('extreme.xiq.radius.output_octets_total', output);
  }
  const mayWrap = (octets: number | undefined, gigawords: number | undefined): boolean =>
    octets !== undefined && gigawords === undefined && octets < gigaword;
  if (mayWrap(acct_input_octets, acct_input_gigawords) || mayWrap(acct_output_octets, acct_output_gigawords)) {
    draft.setField('extreme.xiq.radius.octets_may_wrap', true);
  }
}

const mayBeAbsent = ['acct_multi_id', 'acct_start_time', 'acct_stop_time', 'acct_session_time'] as const;

const loggedAt = ({ timestamp, event_time }: Values): Moment | undefined => timestamp ?? event_time;

export const accountingMapping = defineMapping({
  fields: accountingFields,
  loggedAt,
  key: (values, isUnreadable) => {
    // An absent value has a meaning (no stop time: the session has not ended). An unreadable value has none.
    if (mayBeAbsent.some(isUnreadable)) return [undefined];
    return [
      timeKey(loggedAt(values)),
      values.acct_session_id,
      values.acct_multi_id ?? '',
      values.calling_station_id?.mac,
      timeKey(values.acct_start_time) ?? '',
      timeKey(values.acct_stop_time) ?? '',
      values.acct_session_time?.toString() ?? '',
    ];
  },
  finish(input) {
    const { values, draft } = input;
    const parties = finishRadius(input);
    const classification = sessionPhase(values);
    classify(draft, classification);
    const time = setTimes(input, classification === end);
    finishOctets(input, classification === end);
    // Only a user has a group in user.*. A machine or a device has no user.* fields.
    const group = parties.isUser ? 'user.group.name' : 'extreme.xiq.radius.group_name';
    draft.setField(group, values.group_name);
    const usage = values.usage === undefined ? undefined : Number(values.usage);
    if (Number.isSafeInteger(usage) && String(usage) === values.usage)
      draft.setField('extreme.xiq.radius.usage_bytes', usage);
    else draft.setField('extreme.xiq.radius.usage_text', values.usage);
    const cause = suffix(': ', values.acct_terminate_cause);
    draft.setField('message', `RADIUS ${classification.action}${clientText(parties)}${cause}`);
    return time;
  },
});
