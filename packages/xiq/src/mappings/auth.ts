// AUTHENTICATION_LOG_ALL: replies of the RADIUS server.
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import type { Moment } from '../read/time.ts';
import { classify, suffix } from './common.ts';
import { type Classification, defineMapping, timeKey } from './mapping.ts';
import { calledStationKey, clientText, finishRadius, radiusFields } from './radius.ts';

const authFields = {
  ...radiusFields,
  auth_date: { as: 'time' },
  auth_type: { as: 'text', to: ['extreme.xiq.auth_type'] },
  sn: { as: 'text', also: ['serial_number'], to: ['observer.serial_number'] },
  reply: { as: 'text', to: ['extreme.xiq.radius.reply'] },
  reject_reason: { as: 'text', to: ['event.reason'] },
} as const satisfies FieldTable;

const category = ['authentication', 'network'] as const;

/** The values of `reply` are not public. They are matched by the name of the RADIUS packet; the first match is used. */
const replies: readonly (Classification & { readonly pattern: RegExp })[] = [
  {
    pattern: /reject/i,
    action: 'radius-reject',
    category,
    type: ['start', 'denied'],
    outcome: 'failure',
    level: 'warning',
  },
  {
    pattern: /accept/i,
    action: 'radius-accept',
    category,
    type: ['start', 'allowed'],
    outcome: 'success',
    level: 'info',
  },
  { pattern: /challenge/i, action: 'radius-challenge', category, type: ['info'], outcome: 'unknown', level: 'info' },
];

const fallback: Classification = {
  action: 'radius-reply',
  category,
  type: ['info'],
  outcome: 'unknown',
  level: 'info',
};

/** auth_date may have a resolution of one second, in which a client may be rejected several times. */
const loggedAt = ({ timestamp, auth_date }: ValuesOf<typeof authFields>): Moment | undefined => timestamp ?? auth_date;

export const authMapping = defineMapping({
  fields: authFields,
  loggedAt,
  key: (values) => [
    timeKey(loggedAt(values)),
    values.calling_station_id?.mac,
    calledStationKey(values.called_station_id),
    values.username,
    values.reply,
  ],
  finish(input) {
    const { values, draft, moveToExtra } = input;
    const parties = finishRadius(input);
    if (values.auth_date !== undefined && values.auth_date.ms !== values.timestamp?.ms) moveToExtra('timestamp');
    const { reply } = values;
    classify(draft, replies.find(({ pattern }) => reply !== undefined && pattern.test(reply)) ?? fallback);
    draft.setField('message', `RADIUS ${reply ?? 'reply'}${clientText(parties)}${suffix(': ', values.reject_reason)}`);
    return values.auth_date ?? values.timestamp;
  },
});
