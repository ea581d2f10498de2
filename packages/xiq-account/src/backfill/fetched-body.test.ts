// A body that we fetched: its marks, its ids, and what stands in its documents.
import { validateEcs } from '@xiq-siem/testkit';
import { xiqSource } from '@xiq-siem/xiq';
import { bodyOf, eventsOf, receivedAtMs, testSource } from '@xiq-siem/xiq/test-source';
import { expect, it } from 'vitest';

const T = 1_636_337_187_553;
const login = JSON.stringify({ id: 5, timestamp: T, user_id: 1, code: 10001, description: 'Logged in' });
const logout = JSON.stringify({ id: 6, timestamp: T, user_id: 1, code: 10002, description: 'Logged out' });

const messageType = 'AUDIT_LOG_ALL';
const fetched = (text: string) => [
  ...testSource().normalize(bodyOf(text, { messageType, origin: 'rest' }), receivedAtMs + 5),
];
const idsOf = (text: string) => fetched(text).map(({ id }) => id);
const [first = '', second = '', third = ''] = idsOf(`[${login},${login},${login}]`);
const [other = ''] = idsOf(`[${logout}]`);

it.each([
  ['a mark says which of its key the next event is', `[2,${login}]`, [second]],
  ['an event without one is counted as in any body', `[${login},${logout},${login}]`, [first, other, second]],
  ['and after a marked one from its mark on', `[2,${login},${login}]`, [second, third]],
  ['a mark is for one event alone', `[3,${login},${logout}]`, [third, other]],
  ['events may have marks of their own', `[ 1 , ${login},\n3 ,${login}]`, [first, third]],
  ['the nearest mark holds', `[2,3,${login}]`, [third]],
  ['a mark before nothing says nothing', `[${login},2]`, [first]],
  ['marks alone are no events', '[2,3]', []],
])('%s', (_, text, ids) => {
  expect(idsOf(text)).toEqual(ids);
});

it('the ids are those of webhooks, and numbers count events alone', () => {
  expect(eventsOf(`[${login},${login}]`, messageType).map(({ id }) => id)).toEqual([first, second]);
  expect(fetched(`[2,${login},${logout},5,${login}]`).map(({ element }) => element)).toEqual([0, 1, 2]);
});

it.each(['0', '-1', '1.5', '9007199254740993', '"2"', 'null', '[2]'])('%s is no mark, but an element', (text) => {
  const events = fetched(`[${text},${login}]`);
  expect(events.map(({ document }) => document.error?.code)).toEqual(['element_not_object', undefined]);
  expect(events[1]?.id).toBe(first);
});

it("in a webhook's body, and in one without origin of ours, a number is an element that is no object", () => {
  const events = eventsOf(`[2,${login}]`, messageType);
  expect(events.map(({ element, document }) => [element, document.error?.code])).toEqual([
    [0, 'element_not_object'],
    [1, undefined],
  ]);
  expect(events[1]?.id).toBe(first);
});

it('an event is one event, whatever lists it holds', () => {
  const events = fetched(`[2,{"observations":[{"a":1},{"a":2}],${login.slice(1)}]`);
  expect(events.map(({ id }) => id)).toEqual([second]);
});

it('its documents say that we fetched them, and when', () => {
  const [event] = fetched(`[2,${login}]`);
  const document = event?.document ?? {};
  expect(validateEcs(document, xiqSource.fields)).toEqual([]);
  expect(document.event).toMatchObject({
    provider: 'xiq-rest',
    created: new Date(receivedAtMs).toISOString(),
    original: login,
  });
  expect(document['@timestamp']).toBe(new Date(T).toISOString());
  expect(document.tags).toEqual(['forwarded', 'extreme_xiq', 'backfilled']);
  const [pushed] = eventsOf(`[${login}]`, messageType);
  expect(pushed?.document.event?.provider).toBe('xiq-webhook');
  expect(pushed?.document.tags).not.toContain('backfilled');
});

it('a mark is no field that a mapping does not know', () => {
  const text = `[2,${login.replace('{', '{"newField":1,')}]`;
  const unmapped = testSource().unmapped?.(bodyOf(text, { messageType, origin: 'rest' })) ?? [];
  expect([...unmapped].map(({ path }) => path)).toEqual(['newField']);
});
