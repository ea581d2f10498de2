// AUTHENTICATION_LOG_ALL: replies of the RADIUS server, and logins at a captive web portal.
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import type { Moment } from '../read/time.ts';
import { classify, suffix } from './common.ts';
import { defineMapping, timeKey } from './mapping.ts';
import { calledStationKey, clientText, finishRadius, radiusFields } from './radius.ts';
import { classificationOf, loginBy, replyRows } from './radius-replies.ts';
import { statedReason } from './words.ts';

const authFields = {
  ...radiusFields,
  auth_date: { as: 'time', to: ['@timestamp'] },
  auth_type: { as: 'text', to: ['extreme.xiq.auth_type'] },
  sn: { as: 'text', also: ['serial_number', 'device_serial_number'], to: ['observer.serial_number'] },
  reply: { as: 'text', to: ['extreme.xiq.radius.reply'] },
  auth_status: { as: 'text', to: ['extreme.xiq.auth_status'] },
  reject_reason: { as: 'text' },
} as const satisfies FieldTable;

type Values = ValuesOf<typeof authFields>;

/** auth_date may have a resolution of one second, in which a client may be rejected several times. */
const loggedAt = ({ timestamp, auth_date }: Values): Moment | undefined => timestamp ?? auth_date;

/** The reply as a text, not as a number. */
const spokenReply = ({ reply, auth_status }: Values, action: string): string =>
  [reply, auth_status].find((text) => text !== undefined && !/^\d+$/.test(text)) ?? action.replace('radius-', '');

export const authMapping = defineMapping({
  fields: authFields,
  classifications: replyRows,
  loggedAt,
  key: (values) => [
    timeKey(loggedAt(values)),
    values.calling_station_id?.mac,
    calledStationKey(values.called_station_id),
    values.username,
    values.reply,
  ],
  times: () => ['auth_date', 'timestamp'],
  finish(input) {
    const { values, draft, meanings, moveToExtra } = input;
    const reason = statedReason(values.reject_reason);
    draft.setField('event.reason', reason);
    if (reason === undefined) moveToExtra('reject_reason');
    const by = loginBy(values.auth_type, values.reply);
    const parties = finishRadius(input, by);
    const classification = classificationOf(values, meanings);
    classify(draft, classification);
    const what = `${by === 'radius' ? 'RADIUS' : values.auth_type} ${spokenReply(values, classification.action)}`;
    draft.setField('message', `${what}${clientText(parties)}${suffix(': ', reason)}`);
  },
});
