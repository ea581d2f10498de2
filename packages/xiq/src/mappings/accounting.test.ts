import type { EcsDocument, JsonObject } from '@xiq-siem/core';
import { expect, it } from 'vitest';
import { eventsOfValue } from '../test-source.ts';

const T = 1_636_337_187_000;

function accounting(fields: object) {
  const [event] = eventsOfValue({ timestamp: T, ...fields }, 'ACCOUNTING_LOG_ALL');
  if (event === undefined) throw new Error('no event');
  const xiq: JsonObject = Object(event.document.extreme?.['xiq']);
  const document: EcsDocument & { xiq: JsonObject } = { ...event.document, xiq };
  return document;
}

const counted = { acctSessionTime: 60, acctInputOctets: 10, acctOutputOctets: 20 };

it.each<[string, object, string, string]>([
  ['Start with a terminate cause of 0', { acctStatusType: 'Start', acctTerminateCause: '0' }, 'session-start', 'start'],
  ['Start with counters', { acctStatusType: 1, ...counted }, 'session-start', 'start'],
  ['Stop without a stop time', { acctStatusType: 'Stop', ...counted }, 'session-end', 'end'],
  ['Stop by number', { acct_status_type: '2' }, 'session-end', 'end'],
  ['an interim record with a stop time', { statusType: 'Interim-Update', acctStopTime: T }, 'session-interim', 'info'],
  ['InterimUpdate', { acctStatusType: 'InterimUpdate' }, 'session-interim', 'info'],
  ['Alive', { acctStatusType: 'ALIVE' }, 'session-interim', 'info'],
  ['3', { acctStatusType: 3 }, 'session-interim', 'info'],
  ['Accounting-On', { acctStatusType: 'Accounting-On' }, 'radius-accounting-on', 'info'],
  ['Accounting-Off', { acctStatusType: '8' }, 'radius-accounting-off', 'info'],
  ['an unknown status and a stop time', { acctStatusType: 'Tunnel-Stop', acctStopTime: T }, 'session-end', 'end'],
  ['no status and a cause of 0', { acctTerminateCause: '0', acctStartTime: T }, 'session-start', 'start'],
  ['no status and no cause', { acctTerminateCause: 'null', acctStartTime: T }, 'session-start', 'start'],
  ['no status and a stop time of -1', { acctStopTime: -1, ...counted }, 'session-interim', 'info'],
  ['no status and a stop time in 1970', { acctStopTime: '1970-01-01 00:00:00' }, 'session-interim', 'info'],
])('D9: the phase of %s', (_, fields, action, type) => {
  const document = accounting(fields);
  expect(document.event).toMatchObject({ action, type: [type] });
  if (type !== 'end') expect(document.event).not.toHaveProperty('duration');
  expect(document['@timestamp']).toBe(new Date(T).toISOString());
});

it('D9: a cause of 0 is no reason, another one is', () => {
  const none = accounting({ acctTerminateCause: 0 });
  expect(none.event).not.toHaveProperty('reason');
  expect(none.xiq).toHaveProperty('extra', { acctTerminateCause: 0 });
  expect(accounting({ acctTerminateCause: 'User-Request' }).event).toMatchObject({ reason: 'User-Request' });
});

it('D9: times of -1 and 0 are none', () => {
  const document = accounting({ acctStatusType: 'Stop', acctStartTime: 0, acctStopTime: -1 });
  expect(document.event).not.toHaveProperty('start');
  expect(document.event).not.toHaveProperty('end');
  expect(document.xiq).toHaveProperty('extra', { acctStartTime: 0, acctStopTime: -1 });
});

it.each<[string, object, number | undefined]>([
  ['the session time', { acctSessionTime: 7, acctStartTime: T - 60_000, acctStopTime: T }, 7e9],
  ['a session time of 0', { acctSessionTime: 0, acctStartTime: T - 60_000, acctStopTime: T }, 0],
  ['stop minus start', { acctStartTime: T - 60_500, acctStopTime: T }, 60.5e9],
  ['unknown without a stop time', { acctStatusType: 'Stop', acctStartTime: T - 60_000 }, undefined],
  ['unknown if the start is later', { acctStartTime: T + 1, acctStopTime: T }, undefined],
])('D9: the duration of a session is %s', (_, fields, duration) => {
  expect(accounting(fields).event?.duration).toBe(duration);
});

const session = { acctInputOctets: 5, acctOutputOctets: 6 };

it.each<[string, object, boolean]>([
  ['an interim record', session, true],
  ['an end', { ...session, acctStatusType: 'Stop' }, true],
  ['a start', { ...session, acctStatusType: 'Start' }, false],
  ['no octets', { acctInputOctets: 0, acctOutputOctets: 0, acctSessionTime: 600 }, false],
  ['no counters', { acctSessionTime: 600 }, false],
  ['gigawords', { ...session, acctInputGigawords: 0 }, false],
  ['a 64-bit counter beside it', { ...session, acctOutputOctets: 2 ** 32 }, false],
  ['3 seconds', { ...session, acctSessionTime: 3 }, false],
  ['4 seconds', { ...session, acctSessionTime: 4 }, true],
  ['a start 3 seconds before', { ...session, acctStartTime: T - 3_000 }, false],
  ['a start 4 seconds before', { ...session, acctStartTime: T - 4_000 }, true],
  ['the same total as usage', { ...session, usage: 11 }, false],
  ['a larger usage', { ...session, usage: 11 + 2 ** 32 }, true],
])('D9: counters of %s may have wrapped: %#', (_, fields, mayWrap) => {
  expect(JSON.stringify(accounting(fields)).includes('octets_may_wrap')).toBe(mayWrap);
});
