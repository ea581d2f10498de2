import { ecsDocument } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { createEventFilter } from './event-filter.ts';
import { deliveryOptions } from './options.ts';

const event = {
  dataset: 'extreme_xiq.audit',
  source: 'xiq',
  document: ecsDocument(
    {
      'event.action': 'admin-login',
      'event.outcome': 'failure',
      'event.severity': 47,
      'event.type': ['start', 'user'],
    },
    { extreme: { xiq: { message_type: 'AUDIT_LOG_ALL', nothing: null } } },
  ),
};

it.each<[boolean, object]>([
  [true, {}],
  [true, { fields: { 'event.outcome': ['failure'] } }],
  [true, { fields: { 'event.outcome': ['success', 'failure'], 'event.action': ['admin-login'] } }],
  [true, { fields: { 'event.type': ['user'] } }],
  [true, { fields: { 'event.severity': [47] } }],
  [true, { fields: { 'extreme.xiq.message_type': ['AUDIT_LOG_ALL'] } }],
  [false, { fields: { 'event.outcome': ['failure'], 'event.action': ['admin-logout'] } }],
  [false, { fields: { 'event.outcome': ['Failure'] } }],
  [false, { fields: { 'user.name': ['j.doe'] } }],
  [false, { fields: { 'extreme.xiq.nothing': ['null'] } }],
  [false, { fields: { 'event.outcome.deeper': ['failure'] } }],
  [false, { fields: { 'event.constructor': ['function'] } }],
  [false, { exceptFields: { 'event.type': ['user'] } }],
  [true, { exceptFields: { 'event.type': ['admin'] } }],
  [false, { exceptFields: { 'event.type': ['admin'], 'event.outcome': ['failure'] } }],
  [false, { fields: { 'event.outcome': ['failure'] }, datasets: ['extreme_xiq.auth'] }],
])('the result is %s for %j', (expected, where) => {
  expect(createEventFilter(deliveryOptions.parse({ where }).where)(event)).toBe(expected);
});
