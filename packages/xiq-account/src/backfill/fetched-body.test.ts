// A fetched body: its occurrence numbers, its event ids and its documents.
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
  ['a number is the occurrence of the next event', `[2,${login}]`, [second]],
  ['an event without a number is counted as in any body', `[${login},${logout},${login}]`, [first, other, second]],
  ['after a numbered event, counting continues from its number', `[2,${login},${login}]`, [second, third]],
  ['a number applies to one event only', `[3,${login},${logout}]`, [third, other]],
  ['several events may have numbers', `[ 1 , ${login},\n3 ,${login}]`, [first, third]],
  ['the last number before an event applies', `[2,3,${login}]`, [third]],
  ['a number at the end is ignored', `[${login},2]`, [first]],
  ['numbers alone are no events', '[2,3]', []],
])('%s', (_, text, ids) => {
  expect(idsOf(text)).toEqual(ids);
});

it('the ids are those of webhooks, and numbers do not count as elements', () => {
  expect(eventsOf(`[${login},${login}]`, messageType).map(({ id }) => id)).toEqual([first, second]);
  expect(fetched(`[2,${login},${logout},5,${login}]`).map(({ element }) => element)).toEqual([0, 1, 2]);
});

it.each(['0', '-1', '1.5', '9007199254740993', '"2"', 'null', '[2]'])(
  '%s is an element, not an occurrence number',
  (text) => {
    const events = fetched(`[${text},${login}]`);
    expect(events.map(({ document }) => document.error?.code)).toEqual(['element_not_object', undefined]);
    expect(events[1]?.id).toBe(first);
  },
);

it('in the body of a webhook a number is an element that is not an object', () => {
  const events = eventsOf(`[2,${login}]`, messageType);
  expect(events.map(({ element, document }) => [element, document.error?.code])).toEqual([
    [0, 'element_not_object'],
    [1, undefined],
  ]);
  expect(events[1]?.id).toBe(first);
});

it('an event with a list is one event', () => {
  const events = fetched(`[2,{"observations":[{"a":1},{"a":2}],${login.slice(1)}]`);
  expect(events.map(({ element, dataset }) => [element, dataset])).toEqual([[0, 'extreme_xiq.audit']]);
});

it('its documents show that and when they were fetched', () => {
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

it('an occurrence number is not an unmapped field', () => {
  const text = `[2,${login.replace('{', '{"newField":1,')}]`;
  const unmapped = testSource().unmapped?.(bodyOf(text, { messageType, origin: 'rest' })) ?? [];
  expect([...unmapped].map(({ path }) => path)).toEqual(['newField']);
});
