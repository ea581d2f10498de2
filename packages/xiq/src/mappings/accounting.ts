// ACCOUNTING_LOG_ALL: start, interim and stop of RADIUS sessions.

import { cachedByText } from '../cached-by-text.ts';
import { writeTime } from '../document/write-time.ts';
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import type { Moment } from '../read/time.ts';
import { classify, suffix } from './common.ts';
import {
  type Classification,
  type ClassificationRow,
  classification,
  defineMapping,
  type MappingInput,
  timeKey,
} from './mapping.ts';
import { clientText, finishRadius, radiusFields } from './radius.ts';
import { upperWords } from './radius-replies.ts';
import { operatorsClassification, statedReason } from './words.ts';

const accountingFields = {
  ...radiusFields,
  acct_status_type: { as: 'text', also: ['status_type'], to: ['extreme.xiq.radius.status_type'] },
  acct_session_id: { as: 'text', to: ['extreme.xiq.radius.session_id'] },
  acct_multi_id: { as: 'text', also: ['acct_multi_session_id'], to: ['extreme.xiq.radius.multi_session_id'] },
  acct_start_time: { as: 'time' },
  acct_stop_time: { as: 'time' },
  acct_session_time: { as: 'count', to: ['extreme.xiq.radius.session_time'] },
  acct_terminate_cause: { as: 'text' },
  acct_input_octets: { as: 'count' },
  acct_output_octets: { as: 'count' },
  acct_input_gigawords: { as: 'count', to: ['extreme.xiq.radius.input_gigawords'] },
  acct_output_gigawords: { as: 'count', to: ['extreme.xiq.radius.output_gigawords'] },
  acct_authentic: { as: 'text', to: ['extreme.xiq.radius.authentic'] },
  acct_start_delay: { as: 'count', to: ['extreme.xiq.radius.start_delay'] },
  acct_stop_delay: { as: 'count', to: ['extreme.xiq.radius.stop_delay'] },
  group_name: { as: 'text' },
  device_serial_number: { as: 'text', also: ['sn', 'serial_number'], to: ['observer.serial_number'] },
  connect_info: { as: 'text', to: ['extreme.xiq.radius.connect_info'] },
  service_type: { as: 'text', to: ['extreme.xiq.radius.service_type'] },
  attribute_num: { as: 'text', to: ['extreme.xiq.radius.attribute_num'] },
  event_time: { as: 'time', also: ['event_timestamp'], to: ['extreme.xiq.radius.event_time'] },
  usage: { as: 'text' },
} as const satisfies FieldTable;

type Input = MappingInput<typeof accountingFields>;
type Values = ValuesOf<typeof accountingFields>;

const category = ['network', 'session'] as const;
const start = classification('session-start', category, ['start']);
const interim = classification('session-interim', category, ['info']);
const end = classification('session-end', category, ['end']);
/** Of the NAS itself, not of a session. */
const ofNas = (action: string) => classification(action, ['network'], ['info']);

/** By the status type (RFC 2866, 5.1), as a word or a number. */
const statusTypes: readonly (readonly [Classification, string])[] = [
  [start, 'START 1'],
  [interim, 'INTERIM_UPDATE INTERIM UPDATE ALIVE 3'],
  [end, 'STOP 2'],
  [ofNas('radius-accounting-on'), 'ACCOUNTING_ON 7'],
  [ofNas('radius-accounting-off'), 'ACCOUNTING_OFF 8'],
];
const byStatusType = new Map(statusTypes.flatMap(([as, words]) => words.split(' ').map((word) => [word, as] as const)));
const statusTypeOf = cachedByText((status) => byStatusType.get(upperWords(status).join('_')));

const rows: readonly ClassificationRow[] = [
  ...statusTypes.map(([as, words]) => ({ when: `\`acct_status_type\` ${words.replaceAll(' ', ', ')}`, as })),
  { when: 'else: an `acct_stop_time` or `acct_terminate_cause`', as: end },
  { when: 'else: a counter above 0', as: interim },
  { when: 'else: an `acct_start_time`', as: start },
  { when: 'else', as: interim },
];

const dayMs = 86_400_000;

/** The first day of 1970, in any time zone, means that the time is not known yet. */
const nonZero = (moment: Moment | undefined): Moment | undefined =>
  moment === undefined || moment.ms < dayMs ? undefined : moment;

/** An interim record has the start time too, but its counters are not 0. */
function sessionPhase(values: Values): Classification {
  const { acct_status_type: status } = values;
  const phase = status === undefined ? undefined : statusTypeOf(status);
  if (phase !== undefined) return phase;
  if (nonZero(values.acct_stop_time) !== undefined || statedReason(values.acct_terminate_cause) !== undefined)
    return end;
  const counted = [values.acct_session_time, values.acct_input_octets, values.acct_output_octets];
  if (counted.some((count) => count !== undefined && count > 0)) return interim;
  return nonZero(values.acct_start_time) === undefined ? interim : start;
}

/** The milliseconds from the start of the session to a time. Undefined if they are not known. */
function sinceStart({ acct_start_time }: Values, moment: Moment | undefined): number | undefined {
  const started = nonZero(acct_start_time);
  return started === undefined || moment === undefined || moment.ms < started.ms ? undefined : moment.ms - started.ms;
}

function setTimes({ values, draft, moveToExtra }: Input, ended: boolean): void {
  const started = nonZero(values.acct_start_time);
  const stopped = nonZero(values.acct_stop_time);
  if (started === undefined) moveToExtra('acct_start_time');
  if (stopped === undefined) moveToExtra('acct_stop_time');
  draft.setField('event.end', stopped && writeTime(stopped.ms));
  if (started !== undefined && stopped !== undefined && started.ms > stopped.ms) moveToExtra('acct_start_time');
  else draft.setField('event.start', started && writeTime(started.ms));
  const { acct_session_time: seconds } = values;
  const milliseconds = seconds === undefined ? sinceStart(values, stopped) : seconds * 1000;
  const nanoseconds = (milliseconds ?? Number.NaN) * 1e6;
  if (ended && Number.isSafeInteger(nanoseconds)) draft.setField('event.duration', nanoseconds);
}

const gigaword = 2 ** 32;

/** The counter with its high word. Undefined without a counter, or beyond the safe integers. */
function fullCount(octets: number | undefined, gigawords: number | undefined): number | undefined {
  if (octets === undefined) return undefined;
  const sum = octets + (gigawords ?? 0) * gigaword;
  return Number.isSafeInteger(sum) ? sum : undefined;
}

/** A client does not fill a 32-bit counter in a shorter time: 10 Gbit/s. */
const minWrapMs = (gigaword / 1.25e9) * 1000;

function sessionMs(values: Values): number | undefined {
  const { acct_session_time: seconds, acct_stop_time, timestamp, event_time } = values;
  return seconds === undefined
    ? sinceStart(values, nonZero(acct_stop_time) ?? timestamp ?? event_time)
    : seconds * 1000;
}

/** Whether 32-bit counters may have started again at 0. */
function mayHaveWrapped(values: Values, usage: number | undefined): boolean {
  const { acct_input_octets: input = 0, acct_output_octets: output = 0 } = values;
  const hasHighWord = (values.acct_input_gigawords ?? values.acct_output_gigawords) !== undefined;
  if (hasHighWord || Math.max(input, output) >= gigaword) return false;
  if (input + output === 0 || input + output === usage) return false;
  return (sessionMs(values) ?? minWrapMs) >= minWrapMs;
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
}

/** The total of the session in bytes, if `usage` is one. */
function usageBytes({ usage }: Values): number | undefined {
  const bytes = usage === undefined ? undefined : Number(usage);
  return Number.isSafeInteger(bytes) && String(bytes) === usage ? bytes : undefined;
}

const timesOfOthers = ['timestamp', 'event_time', 'acct_start_time'] as const;
const timesOfEnd = ['acct_stop_time', ...timesOfOthers] as const;

const mayBeAbsent = ['acct_multi_id', 'acct_start_time', 'acct_stop_time', 'acct_session_time'] as const;

const loggedAt = ({ timestamp, event_time }: Values): Moment | undefined => timestamp ?? event_time;

export const accountingMapping = defineMapping({
  fields: accountingFields,
  classifications: rows,
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
  times: (values) => (sessionPhase(values) === end ? timesOfEnd : timesOfOthers),
  finish(input) {
    const { values, draft, meanings, moveToExtra } = input;
    const parties = finishRadius(input, 'radius');
    const phase = sessionPhase(values);
    const found = operatorsClassification(meanings, values.acct_status_type) ?? phase;
    classify(draft, found);
    setTimes(input, phase === end);
    finishOctets(input, phase === end);
    // Only a user has a group in user.*. A machine or a device has no user.* fields.
    const group = parties.isUser ? 'user.group.name' : 'extreme.xiq.radius.group_name';
    draft.setField(group, values.group_name);
    const usage = usageBytes(values);
    draft.setField('extreme.xiq.radius.usage_bytes', usage);
    if (usage === undefined) draft.setField('extreme.xiq.radius.usage_text', values.usage);
    if ((phase === interim || phase === end) && mayHaveWrapped(values, usage))
      draft.setField('extreme.xiq.radius.octets_may_wrap', true);
    const cause = statedReason(values.acct_terminate_cause);
    if (cause === undefined) moveToExtra('acct_terminate_cause');
    draft.setField('event.reason', cause);
    const what = found.action.replace('radius-', '');
    draft.setField('message', `RADIUS ${what}${clientText(parties)}${suffix(': ', cause)}`);
  },
});
