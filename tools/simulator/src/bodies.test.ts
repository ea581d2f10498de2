import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type GenerateOptions, generateBodies } from './bodies.ts';
import { messageTypes } from './message-types.ts';

const bodiesOf = (options: Partial<GenerateOptions> = {}) => [...generateBodies({ seed: 1, count: 5000, ...options })];
const hashOf = (options: Partial<GenerateOptions>) =>
  createHash('sha256')
    .update(Buffer.concat(bodiesOf(options).map(({ body }) => body)))
    .digest('hex');
const allText = bodiesOf().map(({ body }) => body.toString());

/** The elements of a body, with field names in snake_case and numbers as digit strings. */
function elementsOf(text: string): Record<string, unknown>[] {
  const withDigits = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? context?.source : value;
  return [JSON.parse(text, withDigits)]
    .flat()
    .map((element: object) =>
      Object.fromEntries(Object.entries(element).map(([name, value]) => [snakeCase(name), value])),
    );
}

function snakeCase(name: string): string {
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return snake === 'time_stamp' ? 'timestamp' : snake === 'user_name' ? 'username' : snake;
}

const elements = (type: string, options: Partial<GenerateOptions> = {}) =>
  bodiesOf(options)
    .filter(({ messageType }) => messageType === type)
    .flatMap(({ body }) => elementsOf(body.toString()));

it('generates the same bytes for the same seed, and others for another', () => {
  expect(hashOf({ seed: 7 })).toBe(hashOf({ seed: 7 }));
  expect(hashOf({ seed: 8 })).not.toBe(hashOf({ seed: 7 }));
});

it('generates the bytes it always generated: a change here changes what others measured', () => {
  expect(hashOf({ seed: 1, count: 200 })).toMatchInlineSnapshot(
    `"0412619271ffb6ae7bbd53f2b3704ff1cb31659a111a61918ac2b025baf35028"`,
  );
});

it('generates all nine types, also in a short run, and only the requested ones', () => {
  expect(new Set(bodiesOf({ count: 100 }).map(({ messageType }) => messageType))).toEqual(new Set(messageTypes));
  const types = ['SMS_LOG_ALL', 'GDPR_LOG_ALL'] as const;
  expect(new Set(bodiesOf({ types }).map(({ messageType }) => messageType))).toEqual(new Set(types));
});

it('generates exactly the requested number of events, one for each observation', () => {
  for (const count of [1, 9, 100, 1234]) {
    let found = 0;
    for (const { body, events } of bodiesOf({ count })) {
      const inBody = elementsOf(body.toString()).reduce((sum, { observations }) => sum + lengthOf(observations), 0);
      expect(inBody).toBe(events);
      found += events;
    }
    expect(found).toBe(count);
  }
});

function lengthOf(observations: unknown): number {
  return Array.isArray(observations) ? observations.length : 1;
}

it('generates arrays and single objects of every type, and no array longer than requested', () => {
  for (const type of messageTypes) {
    const texts = bodiesOf({ types: [type], count: 300, batch: 3 }).map(({ body }) => body.toString());
    expect(texts.some((text) => text.startsWith('{'))).toBe(true);
    expect(texts.some((text) => text.startsWith('['))).toBe(true);
    expect(Math.max(...texts.map((text) => elementsOf(text).length))).toBe(3);
  }
});

it.each([
  ['camel', true, false],
  ['snake', false, true],
  ['mixed', true, true],
] as const)('spells fields as asked: %s', (casing, camel, snake) => {
  const text = bodiesOf({ casing, types: ['ACCOUNTING_LOG_ALL'] })
    .map(({ body }) => body.toString())
    .join('\n');
  expect(text.includes('"acctSessionId"')).toBe(camel);
  expect(text.includes('"acct_session_id"')).toBe(snake);
});

it('sometimes mixes both casings within one element', () => {
  expect(allText.some((text) => /"[a-z]+_[a-z]+"/.test(text) && /"[a-z]+[A-Z][a-zA-Z]+" ?:/.test(text))).toBe(true);
});

it('writes audit events with the documented fields, in their order', () => {
  const [login] = bodiesOf({ types: ['AUDIT_LOG_ALL'], casing: 'camel' }).map(({ body }) =>
    JSON.parse(body.toString()),
  );
  expect(Object.keys([login].flat()[0])).toEqual(
    // As documented.
    'ownerId orgId timeStamp id userId code category description userName vhmName orgName deviceCount hostNames config deviceIds'.split(
      ' ',
    ),
  );
});

it('writes ids beyond 2^53 with all digits', () => {
  const ids = elements('CREDENTIAL_LOG_ALL').map(({ id }) => String(id));
  expect(ids.some((id) => BigInt(id) > 2n ** 53n && String(Number(id)) !== id)).toBe(true);
  expect(elements('AUDIT_LOG_ALL').some(({ owner_id }) => owner_id === '9007199254741093')).toBe(true);
});

it.each([
  ['plain', /^[0-9a-f]{12}$/],
  ['plain, upper case', /^[0-9A-F]{12}$/],
  ['colons', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/],
  ['hyphens', /^([0-9A-F]{2}-){5}[0-9A-F]{2}$/],
  ['dots', /^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/],
])('writes MAC addresses in every notation: %s', (_, notation) => {
  const macs = elements('AUTHENTICATION_LOG_ALL').map(({ calling_station_id }) => String(calling_station_id));
  expect(macs.some((mac) => notation.test(mac))).toBe(true);
});

it.each([
  ['milliseconds', /^\d{13}$/],
  ['seconds', /^\d{10}$/],
  ['ISO 8601', /^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/],
])('writes times as %s, and never the same time twice', (_, form) => {
  const times = elements('ACCOUNTING_LOG_ALL').map(({ timestamp }) => String(timestamp));
  expect(times.some((time) => form.test(time))).toBe(true);
  const inMs = times.map((time) =>
    /^\d{10}$/.test(time) ? Number(time) * 1000 : /^\d+$/.test(time) ? Number(time) : Date.parse(time),
  );
  expect(new Set(inMs).size).toBe(inMs.length);
});

it('logs an administrator in before out, and creates a PPSK user before it is deleted', () => {
  const loggedIn = new Set<unknown>();
  const users = new Set<string>();
  let deleted = 0;
  for (const { code, username, user_id, vhm_name, description } of elements('AUDIT_LOG_ALL')) {
    const user = `${vhm_name} ${String(description).split(' ').at(-1)}`;
    if (code === '10001') loggedIn.add(user_id);
    else expect(loggedIn.has(user_id), `${username} acts while logged in`).toBe(true);
    if (code === '10002') loggedIn.delete(user_id);
    if (code === '40001') users.add(user);
    if (code === '40003') {
      expect(users.delete(user)).toBe(true);
      deleted += 1;
    }
  }
  expect(deleted).toBeGreaterThan(5);
});

it('starts a session, updates it with rising counters, and stops it once', () => {
  const running = new Map<unknown, number>();
  const stopped = new Set<unknown>();
  let interim = 0;
  for (const element of elements('ACCOUNTING_LOG_ALL', { count: 20_000 })) {
    const { acct_session_id: id, acct_session_time: seconds, acct_stop_time: stop } = element;
    expect(stopped.has(id)).toBe(false);
    const before = running.get(id);
    if (before === undefined) expect([Number(seconds), stop]).toEqual([0, null]);
    else expect(Number(seconds)).toBeGreaterThanOrEqual(before);
    if (before !== undefined && stop === null) interim += 1;
    running.set(id, Number(seconds));
    if (stop !== null) stopped.add(id);
  }
  expect(interim).toBeGreaterThan(100);
  expect(stopped.size).toBeGreaterThan(100);
});

it('ends each text message once, after it was sent', () => {
  const inFlight = new Set<unknown>();
  const states = new Set<unknown>();
  for (const { message_id, status } of elements('SMS_LOG_ALL')) {
    if (status === 'SEND_OUT') inFlight.add(message_id);
    else expect(inFlight.delete(message_id)).toBe(true);
    states.add(status);
  }
  expect(states).toEqual(new Set(['SEND_OUT', 'SUCCESS', 'COMPLETE', 'FAIL']));
});

it('accepts most clients and rejects some, with a reason', () => {
  const replies = elements('AUTHENTICATION_LOG_ALL');
  const refused = replies.filter(({ reply }) => reply === 'Access-Reject');
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.every(({ reject_reason }) => typeof reject_reason === 'string')).toBe(true);
  expect(replies.length).toBeGreaterThan(refused.length * 3);
});

it('contains non-ASCII text, raw and escaped, and an unknown field', () => {
  const text = allText.join('\n');
  expect(text).toContain('Universität');
  expect(text).toContain('Universit\\u00e4t');
  expect(text).toMatch(/firmware_?[bB]uild/);
});
