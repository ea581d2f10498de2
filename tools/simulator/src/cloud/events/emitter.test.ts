import { expect, it } from 'vitest';
import { type MessageType, messageTypes } from '../../message-types.ts';
import { logFamilies } from '../log-families.ts';
import type { SimulatedEvent } from '../simulated-event.ts';
import { digits, testCloud } from '../test-cloud.ts';

const snake = (name: string) =>
  ({ timeStamp: 'timestamp', userName: 'username' })[name] ??
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The webhook's fields in the REST spelling, and those of the REST log, with numbers as digit strings. */
function formsOf({ webhook, rest }: SimulatedEvent) {
  const told = Object.entries(digits(webhook)).map(([name, value]) => [snake(name), value]);
  return { told: Object.fromEntries(told), kept: rest === undefined ? undefined : digits(rest.json) };
}

/** The fields that identify an event of a type, besides its time: both forms have the same values. */
const keys: Readonly<Partial<Record<MessageType, readonly string[]>>> = {
  AUDIT_LOG_ALL: ['user_id', 'code', 'description'],
  AUTHENTICATION_LOG_ALL: ['calling_station_id', 'called_station_id', 'username', 'reply', 'auth_date'],
  ACCOUNTING_LOG_ALL: ['acct_session_id', 'acct_multi_id', 'calling_station_id', 'acct_start_time', 'acct_stop_time'],
  CREDENTIAL_LOG_ALL: ['username'],
  EMAIL_LOG_ALL: ['user_id', 'username', 'status'],
  SMS_LOG_ALL: ['message_id', 'status'],
};

it.each(Object.entries(keys))(
  'tells the same of a %s event by webhook and in the log, but for the id',
  async (name, key) => {
    const cloud = await testCloud();
    const type = messageTypes.find((one) => one === name) ?? 'SMS_LOG_ALL';
    for (const event of cloud.emit({ type, count: 100 })) {
      const { told, kept } = formsOf(event);
      for (const field of [...key, 'timestamp']) expect([field, told[field]]).toEqual([field, kept[field]]);
      expect(told.timestamp).toBe(String(event.timeMs));
      expect([told.id, kept.id]).toEqual([null, event.rest?.id]);
    }
  },
);

it('has separate ids for each type, some beyond 2^53 and neighbouring', async () => {
  const cloud = await testCloud();
  const ids = cloud.emit({ type: 'SMS_LOG_ALL', count: 12 }).map(({ rest }) => rest?.id);
  expect(ids.filter((id) => Number(id) >= 2 ** 53)).toEqual(['3', '4', '5'].map((digit) => `900719925474099${digit}`));
  expect(new Set(ids).size).toBe(12);
  expect(cloud.emit({ type: 'EMAIL_LOG_ALL', count: 12 }).map(({ rest }) => rest?.id)).toEqual(ids);
});

it('gives each event its own time, unless all are to have the same', async () => {
  const cloud = await testCloud();
  const times = [...cloud.emit({ type: 'SMS_LOG_ALL', count: 50 }), ...cloud.emit({ type: 'SMS_LOG_ALL', count: 50 })];
  expect(new Set(times.map(({ timeMs }) => timeMs)).size).toBe(100);
  const together = cloud.emit({ type: 'SMS_LOG_ALL', count: 5, sameMillisecond: true });
  expect(new Set(together.map(({ timeMs }) => timeMs)).size).toBe(1);
  const spread = cloud.emit({ type: 'SMS_LOG_ALL', count: 3, atMs: 1000, stepMs: 500 });
  expect(spread.map(({ timeMs }) => timeMs)).toEqual([1000, 1500, 2000]);
  cloud.clock.setOffset(-3_600_000);
  const [earlier] = cloud.emit({ type: 'SMS_LOG_ALL' });
  expect(earlier?.timeMs).toBeLessThan(Date.now() - 3_500_000);
});

it('generates events that differ in their id only', async () => {
  const cloud = await testCloud();
  const events = cloud.emit({ type: 'AUDIT_LOG_ALL', count: 3, alike: true });
  expect(new Set(events.map(({ webhook }) => webhook)).size).toBe(1);
  expect(new Set(events.map(({ rest }) => rest?.id)).size).toBe(3);
  expect(new Set(events.map(({ rest }) => rest?.json.replace(rest.id, ''))).size).toBe(1);
});

it('generates the same events for the same seed, also after a reset', async () => {
  const [one, other] = [await testCloud({ seed: 5 }), await testCloud({ seed: 5 })];
  const made = (cloud: typeof one) =>
    messageTypes
      .flatMap((type) => cloud.emit({ type, count: 5, atMs: 1_790_000_000_000 }))
      .map(({ webhook, rest }) => [webhook, rest]);
  const first = made(one);
  expect(made(other)).toEqual(first);
  one.reset();
  expect(one.truth().total).toBe(0);
  expect(made(one)).toEqual(first);
});

it('separates accounts', async () => {
  const cloud = await testCloud({ accounts: ['a', 'b'].map((username) => ({ username, password: 'p' })) });
  cloud.emit({ type: 'AUDIT_LOG_ALL', account: 'b' });
  expect(cloud.truth({ account: 'a' }).total).toBe(0);
  expect(cloud.truth({ account: 'b' }).events[0]?.webhook).toContain('Universität Süd');
  expect(() => cloud.emit({ type: 'AUDIT_LOG_ALL', account: 'c' })).toThrow('unknown account c');
});

it.each(Object.keys(keys))('changes the text of a %s event in the log where configured', async (name) => {
  const cloud = await testCloud();
  const type = messageTypes.find((one) => one === name) ?? 'SMS_LOG_ALL';
  cloud.faults.set({ reword: { next: 1 } });
  const [reworded, plain] = cloud.emit({ type, count: 2 });
  if (reworded === undefined || plain === undefined) throw new Error('no events');
  const { told, kept } = formsOf(reworded);
  const field = logFamilies[type].reworded;
  expect(kept[field]).toBe(`${told[field]} (reworded)`);
  expect([reworded.rest?.reworded, plain.rest?.reworded]).toEqual([true, false]);
});

it('writes MAC addresses in another notation in the log where configured', async () => {
  const cloud = await testCloud();
  cloud.faults.set({ respell: {} });
  for (const event of cloud.emit({ type: 'AUTHENTICATION_LOG_ALL', count: 50 })) {
    const { told, kept } = formsOf(event);
    const hex = (text: string) =>
      text
        .toLowerCase()
        .replaceAll(/[^0-9a-f]/g, '')
        .slice(0, 12);
    for (const field of ['calling_station_id', 'called_station_id', 'mgmt_mac_address']) {
      expect(kept[field]).not.toBe(told[field]);
      expect(hex(kept[field])).toBe(hex(told[field]));
    }
  }
});

it('hides an event from its log where configured', async () => {
  const cloud = await testCloud();
  cloud.faults.set({ hideFromLog: { next: 1 } });
  expect(cloud.emit({ type: 'SMS_LOG_ALL', count: 2 }).map(({ rest }) => rest === undefined)).toEqual([true, false]);
});

it('evicts the oldest events beyond its limit, and counts them', async () => {
  const cloud = await testCloud({ maxEvents: 10 });
  cloud.emit({ type: 'SMS_LOG_ALL', count: 13, atMs: 1000 });
  const { total, forgotten, events } = cloud.truth({ limit: 2, offset: 1 });
  expect([total, forgotten, events.map(({ timeMs }) => timeMs)]).toEqual([10, 3, [1004, 1005]]);
});

it('creates events at a rate', async () => {
  const cloud = await testCloud({ flow: { eventsPerSecond: 1000, types: ['SMS_LOG_ALL'] } });
  await expect.poll(() => cloud.truth({ types: ['SMS_LOG_ALL'] }).total).toBeGreaterThan(100);
  cloud.flow.set({ eventsPerSecond: 0 });
  expect(cloud.truth().events.every(({ messageType }) => messageType === 'SMS_LOG_ALL')).toBe(true);
});
