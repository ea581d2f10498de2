// AUTHENTICATION_LOG_ALL: answers of the RADIUS server.
import type { FieldTable, ValuesOf } from '../read/field-table.ts';
import type { Moment } from '../read/time.ts';
import { classify, suffix } from './common.ts';
import { type Classification, defineMapping, timeKey } from './mapping.ts';
import { calledStationKey, finishRadius, radiusFields, whoAndWhere } from './radius.ts';

const authFields = {
  ...radiusFields,
  auth_date: { as: 'time' },
  auth_type: { as: 'text', to: ['extreme.xiq.auth_type'] },
  sn: { as: 'text', also: ['serial_number'], to: ['observer.serial_number'] },
  reply: { as: 'text', to: ['extreme.xiq.radius.reply'] },
  reject_reason: { as: 'text', to: ['event.reason'] },
} as const satisfies FieldTable;

const category = ['authentication', 'network'] as const;

/** The values of `reply` are not public: by the packet's name within it, the first that fits. */
const replies: readonly (Classification & { readonly message: RegExp })[] = [
  {
    message: /reject/i,
    action: 'radius-reject',
    category,
    type: ['start', 'denied'],
    outcome: 'failure',
    level: 'warning',
  },
  {
    message: /accept/i,
    action: 'radius-accept',
    category,
    type: ['start', 'allowed'],
    outcome: 'success',
    level: 'info',
  },
  { message: /challenge/i, action: 'radius-challenge', category, type: ['info'], outcome: 'unknown', level: 'info' },
];

const otherwise: Classification = {
  action: 'radius-reply',
  category,
  type: ['info'],
  outcome: 'unknown',
  level: 'info',
};

/** The finer of the two: auth_date may count whole seconds, within which a client is refused more than once. */
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
    const { values, draft, leave } = input;
    finishRadius(input);
    if (values.auth_date !== undefined && values.auth_date.ms !== values.timestamp?.ms) leave('timestamp');
    const { reply } = values;
    classify(draft, replies.find(({ message }) => reply !== undefined && message.test(reply)) ?? otherwise);
    draft.set('message', `RADIUS ${reply ?? 'reply'}${whoAndWhere(draft)}${suffix(': ', values.reject_reason)}`);
    return values.auth_date ?? values.timestamp;
  },
});
