// ACCOUNTING_LOG_ALL: start, interim and stop of RADIUS sessions.

import type { ValuesOf } from '../field-table.ts';
import { defineMapping, timeKey } from '../mapping.ts';
import type { Moment } from '../read/time.ts';
import { writeTime } from '../read/write-time.ts';
import { type AccountingInput, accountingFields } from './accounting-fields.ts';
import type { Classification } from './audit-codes.ts';
import { classify } from './audit-fields.ts';
import { finishOctets } from './octets.ts';
import { finishRadius, whoAndWhere } from './radius.ts';

type Input = AccountingInput;
type Values = ValuesOf<typeof accountingFields>;

const category = ['network', 'session'] as const;
const start: Classification = { action: 'session-start', category, type: ['start'], level: 'info' };
const interim: Classification = { action: 'session-interim', category, type: ['info'], level: 'info' };
const end: Classification = { action: 'session-end', category, type: ['end'], level: 'info' };

/** A time of 0 is how a database says "not yet". */
const real = (moment: Moment | undefined): Moment | undefined => (moment?.ms === 0 ? undefined : moment);

/** An interim record repeats the start time, but has already counted something. */
function phase(values: Values): Classification {
  if (real(values.acct_stop_time) !== undefined || values.acct_terminate_cause !== undefined) return end;
  const counted = [values.acct_session_time, values.acct_input_octets, values.acct_output_octets];
  if (counted.some((count) => count !== undefined && count > 0)) return interim;
  return real(values.acct_start_time) === undefined ? interim : start;
}

function setTimes({ values, draft, leave }: Input, ended: boolean): void {
  const started = real(values.acct_start_time);
  const stopped = real(values.acct_stop_time);
  if (started === undefined) leave('acct_start_time');
  if (stopped === undefined) leave('acct_stop_time');
  draft.set('event.end', stopped && writeTime(stopped.ms));
  if (started !== undefined && stopped !== undefined && started.ms > stopped.ms) leave('acct_start_time');
  else draft.set('event.start', started && writeTime(started.ms));
  const time = (ended ? stopped : undefined) ?? values.timestamp ?? values.event_time ?? started;
  draft.time = time;
  if (time?.ms !== values.timestamp?.ms) leave('timestamp');
  const nanoseconds = (values.acct_session_time ?? Number.NaN) * 1e9;
  if (ended && Number.isSafeInteger(nanoseconds)) draft.set('event.duration', nanoseconds);
}

const mayBeAbsent = ['acct_multi_id', 'acct_start_time', 'acct_stop_time', 'acct_session_time'] as const;

const loggedAt = ({ timestamp, event_time }: Values): Moment | undefined => timestamp ?? event_time;

export const accountingMapping = defineMapping({
  fields: accountingFields,
  loggedAt,
  key: (values, isUnread) => {
    // Absent says something itself (a session that has not ended has no stop time); unreadable does not.
    if (mayBeAbsent.some(isUnread)) return [undefined];
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
    finishRadius(input);
    const classification = phase(values);
    classify(draft, classification);
    setTimes(input, classification === end);
    finishOctets(input, classification === end);
    // A group is a person's; a machine or a device has no user.* at all.
    const group = draft.get('user.name') === undefined ? 'extreme.xiq.radius.group_name' : 'user.group.name';
    draft.set(group, values.group_name);
    const usage = values.usage === undefined ? undefined : Number(values.usage);
    if (Number.isSafeInteger(usage) && String(usage) === values.usage)
      draft.set('extreme.xiq.radius.usage_bytes', usage);
    else draft.set('extreme.xiq.radius.usage_text', values.usage);
    const cause = values.acct_terminate_cause === undefined ? '' : `: ${values.acct_terminate_cause}`;
    draft.set('message', `RADIUS ${classification.action}${whoAndWhere(draft)}${cause}`);
  },
});
