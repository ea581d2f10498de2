import { describe, expect, it } from 'vitest';
import { healthEventsToTest, startMs } from './test-health-events.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('senders with a wrong secret', () => {
  it('are said with how many, how fast, and the ten addresses that tried most', async () => {
    const { world, clock, said, poll } = healthEventsToTest();
    await clock.settle();
    for (let n = 1; n <= 20; n += 1) world.refused.push({ source: 'xiq', address: `192.0.2.${n}`, count: n });
    await poll();
    const [first] = said('credentials-refused');
    expect(first?.attributes).toMatchObject({ source: 'xiq', count: 210, period_seconds: 15, per_minute: 840 });
    expect(first?.attributes['refused.by_address']).toHaveLength(10);
    expect(first?.attributes['refused.by_address']?.[0]).toBe('192.0.2.20=20');
    world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 10 });
    await clock.advance(hourMs);
    expect(said('credentials-refused').slice(1)).toMatchObject([
      { attributes: { count: 10, period_seconds: 3_600, 'refused.by_address': ['192.0.2.1=10'] } },
    ]);
  });

  it('are said at most once an hour for each source, with all that came meanwhile', async () => {
    const { world, clock, said } = healthEventsToTest();
    await clock.settle();
    for (let polls = 0; polls < 480; polls += 1) {
      world.refused.push({ source: 'xiq', address: 'a', count: 2 }, { source: 'other', address: 'b', count: 1 });
      await clock.advance(15_000);
    }
    const reports = said().map(({ subject, attributes }) => [
      subject,
      attributes.count,
      attributes.period_seconds,
      attributes['refused.by_address'],
    ]);
    expect(reports).toEqual([
      ['xiq', 2, 15, ['a=2']],
      ['other', 1, 15, ['b=1']],
      ['xiq', 480, 3_600, ['a=480']],
      ['other', 240, 3_600, ['b=240']],
    ]);
  });

  it('are counted whole where they have very many addresses', async () => {
    const { world, said, poll, clock } = healthEventsToTest();
    await clock.settle();
    for (let n = 0; n < 5_000; n += 1) world.refused.push({ source: 'xiq', address: `2001:db8::${n}`, count: 1 });
    await poll();
    expect(said('credentials-refused').map(({ attributes }) => attributes.count)).toEqual([5_000]);
  });

  it('are said with the next poll where one fails', async () => {
    const { world, said, poll, clock } = healthEventsToTest();
    await clock.settle();
    world.refused.push({ source: 'xiq', address: 'a', count: 3 });
    const { destinations } = world;
    Object.defineProperty(world, 'destinations', {
      configurable: true,
      get() {
        throw new Error('no status');
      },
    });
    await poll();
    expect(said()).toEqual([]);
    Object.defineProperty(world, 'destinations', { value: destinations });
    await poll();
    expect(said().map(({ attributes }) => [attributes.count, attributes.period_seconds])).toEqual([[3, 30]]);
  });

  it('are said at once again after an hour of quiet', async () => {
    const { world, said, poll, clock } = healthEventsToTest();
    await clock.settle();
    world.refused.push({ source: 'xiq', address: 'a', count: 1 });
    await clock.advance(3 * hourMs);
    world.refused.push({ source: 'xiq', address: 'a', count: 4 });
    await poll();
    expect(said().map(({ attributes }) => [attributes.count, attributes.period_seconds])).toEqual([
      [1, 15],
      [4, 15],
    ]);
  });
});

describe('a source', () => {
  const silentAfter = (silentMinutes: number) => {
    const test = healthEventsToTest();
    const { world, clock } = test;
    world.settings = { ...world.settings, silentMinutes };
    return {
      ...test,
      hear(): void {
        world.sources = [{ name: 'xiq', lastReceived: iso(clock.now()) }];
      },
    };
  };

  it('is silent when it has sent nothing for the configured time, once, and is heard again', async () => {
    const { hear, said, clock, poll } = silentAfter(20);
    hear();
    await clock.advance(20 * minuteMs);
    expect(said()).toEqual([]);
    await poll();
    await clock.advance(hourMs);
    expect(said()).toMatchObject([
      {
        action: 'source-silent',
        subject: 'xiq',
        attributes: { source: 'xiq', 'silence.seconds': 1_215, 'silence.last_received': iso(startMs) },
      },
    ]);
    hear();
    const heardMs = clock.now();
    await poll();
    expect(said().slice(1)).toMatchObject([
      {
        action: 'source-recovered',
        attributes: { 'silence.seconds': (heardMs - startMs) / 1000, 'silence.last_received': iso(heardMs) },
      },
    ]);
    await clock.advance(21 * minuteMs);
    expect(said()).toHaveLength(3);
  });

  it('is not silent while it sends in time, however long that goes on', async () => {
    const { hear, said, clock } = silentAfter(20);
    for (let times = 0; times < 30; times += 1) {
      hear();
      await clock.advance(19 * minuteMs);
    }
    expect(said()).toEqual([]);
  });

  it('that was never heard is silent too, counted from when it is watched', async () => {
    const { world, said, clock } = silentAfter(20);
    await clock.advance(10 * minuteMs);
    world.sources = [{ name: 'xiq' }, { name: 'new' }];
    await clock.advance(15 * minuteMs);
    expect(said().map(({ action, subject }) => [action, subject])).toEqual([['source-silent', 'xiq']]);
    expect(said()[0]?.attributes).not.toHaveProperty('silence.last_received', expect.anything());
    world.sources = [{ name: 'xiq' }, { name: 'new', lastReceived: iso(clock.now()) }];
    await clock.advance(15 * minuteMs);
    expect(said()).toHaveLength(1);
  });

  it('is silent again where it was taken out and configured anew', async () => {
    const { world, said, clock, poll } = silentAfter(20);
    await clock.advance(25 * minuteMs);
    world.sources = [];
    await poll();
    world.sources = [{ name: 'xiq' }];
    await clock.advance(15 * minuteMs);
    expect(said()).toHaveLength(1);
    await clock.advance(10 * minuteMs);
    expect(said().map(({ action }) => action)).toEqual(['source-silent', 'source-silent']);
  });

  it('is not heard again by a longer time in a new configuration, and never silent with 0', async () => {
    const { world, said, clock, hear } = silentAfter(20);
    await clock.advance(25 * minuteMs);
    world.settings = { ...world.settings, silentMinutes: 600 };
    await clock.advance(hourMs);
    expect(said().map(({ action }) => action)).toEqual(['source-silent']);
    world.settings = { ...world.settings, silentMinutes: 0 };
    hear();
    await clock.advance(4 * hourMs);
    expect(
      said()
        .filter(({ action }) => action !== 'heartbeat')
        .map(({ action }) => action),
    ).toEqual(['source-silent', 'source-recovered']);
  });
});
