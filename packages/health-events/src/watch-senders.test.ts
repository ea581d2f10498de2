import { describe, expect, it } from 'vitest';
import { createHealthEventsFixture, startMs } from './test-health-events.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('requests with a wrong secret', () => {
  it('are reported with their number, their rate and the ten most frequent addresses', async () => {
    const { world, clock, reported, poll } = createHealthEventsFixture();
    await clock.settle();
    for (let n = 1; n <= 20; n += 1) world.refused.push({ source: 'xiq', address: `192.0.2.${n}`, count: n });
    await poll();
    const [first] = reported('credentials-refused');
    expect(first?.attributes).toMatchObject({ source: 'xiq', count: 210, period_seconds: 15, per_minute: 840 });
    expect(first?.attributes['refused.by_address']).toHaveLength(10);
    expect(first?.attributes['refused.by_address']?.[0]).toBe('192.0.2.20=20');
    world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 10 });
    await clock.advance(hourMs);
    expect(reported('credentials-refused').slice(1)).toMatchObject([
      { attributes: { count: 10, period_seconds: 3_600, 'refused.by_address': ['192.0.2.1=10'] } },
    ]);
  });

  it('are reported at most once an hour for each source, and every request is counted', async () => {
    const { world, clock, reported } = createHealthEventsFixture();
    await clock.settle();
    for (let polls = 0; polls < 480; polls += 1) {
      world.refused.push({ source: 'xiq', address: 'a', count: 2 }, { source: 'other', address: 'b', count: 1 });
      await clock.advance(15_000);
    }
    const reports = reported().map(({ subject, attributes }) => [
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

  it('are all counted when they have very many addresses', async () => {
    const { world, reported, poll, clock } = createHealthEventsFixture();
    await clock.settle();
    for (let n = 0; n < 5_000; n += 1) world.refused.push({ source: 'xiq', address: `2001:db8::${n}`, count: 1 });
    await poll();
    expect(reported('credentials-refused').map(({ attributes }) => attributes.count)).toEqual([5_000]);
  });

  it('are reported with the next poll after a failed one', async () => {
    const { world, reported, poll, clock } = createHealthEventsFixture();
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
    expect(reported()).toEqual([]);
    Object.defineProperty(world, 'destinations', { value: destinations });
    await poll();
    expect(reported().map(({ attributes }) => [attributes.count, attributes.period_seconds])).toEqual([[3, 30]]);
  });

  it('are reported at once again after an hour without any', async () => {
    const { world, reported, poll, clock } = createHealthEventsFixture();
    await clock.settle();
    world.refused.push({ source: 'xiq', address: 'a', count: 1 });
    await clock.advance(3 * hourMs);
    world.refused.push({ source: 'xiq', address: 'a', count: 4 });
    await poll();
    expect(reported().map(({ attributes }) => [attributes.count, attributes.period_seconds])).toEqual([
      [1, 15],
      [4, 15],
    ]);
  });
});

describe('a source', () => {
  const silentAfter = (silentMinutes: number) => {
    const test = createHealthEventsFixture();
    const { world, clock } = test;
    world.settings = { ...world.settings, silentMinutes };
    return {
      ...test,
      receive(): void {
        world.sources = [{ name: 'xiq', lastReceived: iso(clock.now()) }];
      },
    };
  };

  it('is reported as silent once after the configured time, and as recovered when it sends again', async () => {
    const { receive, reported, clock, poll } = silentAfter(20);
    receive();
    await clock.advance(20 * minuteMs);
    expect(reported()).toEqual([]);
    await poll();
    await clock.advance(hourMs);
    expect(reported()).toMatchObject([
      {
        action: 'source-silent',
        subject: 'xiq',
        attributes: { source: 'xiq', 'silence.seconds': 1_215, 'silence.last_received': iso(startMs) },
      },
    ]);
    receive();
    const receivedMs = clock.now();
    await poll();
    expect(reported().slice(1)).toMatchObject([
      {
        action: 'source-recovered',
        attributes: { 'silence.seconds': (receivedMs - startMs) / 1000, 'silence.last_received': iso(receivedMs) },
      },
    ]);
    await clock.advance(21 * minuteMs);
    expect(reported()).toHaveLength(3);
  });

  it('is not silent while it sends in time', async () => {
    const { receive, reported, clock } = silentAfter(20);
    for (let times = 0; times < 30; times += 1) {
      receive();
      await clock.advance(19 * minuteMs);
    }
    expect(reported()).toEqual([]);
  });

  it('that has sent nothing is silent too, counted from the first poll', async () => {
    const { world, reported, clock } = silentAfter(20);
    await clock.advance(10 * minuteMs);
    world.sources = [{ name: 'xiq' }, { name: 'new' }];
    await clock.advance(15 * minuteMs);
    expect(reported().map(({ action, subject }) => [action, subject])).toEqual([['source-silent', 'xiq']]);
    expect(reported()[0]?.attributes).not.toHaveProperty('silence.last_received', expect.anything());
    world.sources = [{ name: 'xiq' }, { name: 'new', lastReceived: iso(clock.now()) }];
    await clock.advance(15 * minuteMs);
    expect(reported()).toHaveLength(1);
  });

  it('is silent again after it was removed and configured again', async () => {
    const { world, reported, clock, poll } = silentAfter(20);
    await clock.advance(25 * minuteMs);
    world.sources = [];
    await poll();
    world.sources = [{ name: 'xiq' }];
    await clock.advance(15 * minuteMs);
    expect(reported()).toHaveLength(1);
    await clock.advance(10 * minuteMs);
    expect(reported().map(({ action }) => action)).toEqual(['source-silent', 'source-silent']);
  });

  it('is not recovered by a longer configured time, and never silent with 0', async () => {
    const { world, reported, clock, receive } = silentAfter(20);
    await clock.advance(25 * minuteMs);
    world.settings = { ...world.settings, silentMinutes: 600 };
    await clock.advance(hourMs);
    expect(reported().map(({ action }) => action)).toEqual(['source-silent']);
    world.settings = { ...world.settings, silentMinutes: 0 };
    receive();
    await clock.advance(4 * hourMs);
    expect(
      reported()
        .filter(({ action }) => action !== 'heartbeat')
        .map(({ action }) => action),
    ).toEqual(['source-silent', 'source-recovered']);
  });
});
