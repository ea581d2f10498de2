import { mappingSchema } from '@xiq-siem/xiq';
import { bodyOf } from '@xiq-siem/xiq/test-source';
import { expect, it } from 'vitest';
import { createLogReader } from './log-reader.ts';
import { auditEvent } from './test-log.ts';

const T = 1_636_337_187_553;
const reader = createLogReader();

it('sorts events by time, those without a time last, then by the vendor ids, and numbers equal ones', () => {
  const texts = [
    auditEvent(T + 5, 1).text,
    auditEvent(T, null).text,
    auditEvent(T, null).text,
    '{"id":2,"description":"no time"}',
    auditEvent(T, '"b"').text,
    auditEvent(T, '"a"').text,
    auditEvent(T, 10).text,
    auditEvent(T, 9).text,
  ];
  const order = (given: readonly string[]) =>
    reader.eventsOf('audit', given).map(({ text, occurrence }) => [JSON.parse(text).id, occurrence]);
  const expected = [
    [null, 1],
    [null, 2],
    [9, 1],
    ['a', 1],
    ['b', 1],
    [10, 1],
    [1, 1],
    [2, 1],
  ];
  expect(order(texts)).toEqual(expected);
  expect(order(texts.toReversed())).toEqual(expected);
});

it('an event with an incomplete key has none: by webhook, with other content, it has another id', () => {
  const text = JSON.stringify({ id: 1, timestamp: T, code: 1, description: 'no user' });
  const [logged] = reader.eventsOf('audit', [text]);
  expect(logged).toMatchObject({ pairingKey: undefined, timeMs: T });
  const body = bodyOf(text.replace('1', 'null'), { messageType: 'AUDIT_LOG_ALL' });
  const [pushed] = reader.eventsOfBody(body);
  expect(pushed).toMatchObject({ pairingKey: undefined, timeMs: T, messageType: 'AUDIT_LOG_ALL' });
  expect(pushed?.id).not.toBe(logged?.id);
});

it('a body, from a webhook or fetched, has the same events as the log', () => {
  const texts = [auditEvent(T, null).text, auditEvent(T, null).text];
  const logged = reader.eventsOf('audit', texts);
  expect(new Set(logged.map(({ id }) => id)).size).toBe(2);
  const summaries = logged.map(({ text: _, occurrence: __, ...summary }) => summary);
  expect(summaries[0]).toMatchObject({ user: 'admin@example.com', action: 'admin-login' });
  for (const [origin, text] of [
    ['webhook', `[${texts}]`],
    ['rest', `[${texts[0]},2,${texts[1]}]`],
  ] as const) {
    const body = bodyOf(text, { messageType: 'AUDIT_LOG_ALL', origin });
    expect([...reader.eventsOfBody(body)]).toMatchObject(
      summaries.map((summary, element) => ({ ...summary, element })),
    );
  }
});

it('skips unparsable elements; detects the message type by the fields if the URL has none', () => {
  const text = JSON.stringify([{ ownerId: 1, timeStamp: T, userId: 7, code: 1, category: 1, description: 'x' }, 5]);
  const found = [...reader.eventsOfBody(bodyOf(text))];
  expect(found.map(({ messageType }) => messageType)).toEqual(['AUDIT_LOG_ALL']);
  expect([...reader.eventsOfBody(bodyOf('no JSON'))]).toEqual([]);
});

it('the time is that of the log, not that of the document', () => {
  const session = {
    id: 1,
    acct_session_id: 'S',
    timestamp: T,
    acct_stop_time: T - 500,
    calling_station_id: 'dcac3da506b4',
  };
  expect(reader.eventsOf('accounting', [JSON.stringify(session)])[0]?.timeMs).toBe(T);
  const future = auditEvent(Date.UTC(2040, 0, 1), 1);
  expect(reader.eventsOf('audit', [future.text])[0]?.timeMs).toBe(future.timeMs);
});

it("uses the source's time zone for times without one, and the operator's mapping for actions, never for ids", () => {
  const text = auditEvent(T, 1, { timestamp: '2021-11-08T02:06:27.553' }).text;
  const [here] = reader.eventsOf('audit', [text]);
  const [there] = createLogReader({ timeZone: 'Europe/Berlin' }).eventsOf('audit', [text]);
  expect([here?.timeMs, there?.timeMs]).toEqual([T, T - 3_600_000]);
  expect(there?.id).toBe(here?.id);
  const rules = mappingSchema.parse({ auditCodes: { 10001: { action: 'our-login', type: ['info'] } } });
  const [mapped] = createLogReader({ mapping: { version: 'x', rules } }).eventsOf('audit', [text]);
  expect(mapped).toMatchObject({ id: here?.id, action: 'our-login' });
});
