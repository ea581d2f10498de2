import { describe, expect, it } from 'vitest';
import { createHealthEventsFixture, destinationOf, startMs } from './test-health-events.ts';

const hourMs = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a destination', () => {
  it('is down after backing off for more than a minute, and recovered at once', async () => {
    const { world, clock, reported, poll } = createHealthEventsFixture();
    await clock.settle();
    const lastFailure = { code: 'unreachable', message: 'connection refused', at: iso(startMs) };
    world.destinations = [destinationOf('archive', { state: 'backing_off', reason: 'unreachable', lastFailure })];
    await clock.advance(60_000);
    expect(reported()).toEqual([]);
    await poll();
    expect(reported()).toMatchObject([
      { action: 'destination-down', subject: 'archive', reason: 'unreachable', message: 'connection refused' },
    ]);
    await clock.advance(hourMs);
    expect(reported()).toHaveLength(1);
    world.destinations = [destinationOf('archive')];
    await poll();
    expect(reported().slice(1)).toMatchObject([
      { action: 'destination-recovered', reason: 'down', attributes: { period_seconds: 3_615 } },
    ]);
  });

  it('that backs off for a shorter time is not reported', async () => {
    const { world, reported, poll, clock } = createHealthEventsFixture();
    for (let turn = 0; turn < 20; turn += 1) {
      const state = turn % 2 === 0 ? 'backing_off' : 'running';
      world.destinations = [destinationOf('archive', { state, since: iso(clock.now()) })];
      await poll();
    }
    expect(reported()).toEqual([]);
  });

  it('is misconfigured at once, and reported once, when it pauses or has blocked events', async () => {
    const { world, clock, reported, poll } = createHealthEventsFixture();
    await clock.settle();
    const blocked = { events: 4, code: 'no_index', message: 'index is missing' };
    world.destinations = [
      destinationOf('a', { state: 'paused', reason: 'unauthorized' }),
      destinationOf('b', { blocked }),
    ];
    await poll();
    await clock.advance(hourMs);
    expect(reported()).toMatchObject([
      { action: 'destination-misconfigured', subject: 'a', reason: 'unauthorized' },
      {
        action: 'destination-misconfigured',
        subject: 'b',
        reason: 'no_index',
        message: 'index is missing',
        attributes: { blocked_events: 4 },
      },
    ]);
  });

  it('that waits for capacity of the dead-letter queue is down, not misconfigured', async () => {
    const { world, clock, reported } = createHealthEventsFixture();
    world.destinations = [destinationOf('a', { state: 'paused', reason: 'dead_letters_full' })];
    await clock.advance(90_000);
    expect(reported()).toMatchObject([{ action: 'destination-down', reason: 'dead_letters_full' }]);
  });

  it('with parked events is reported once, and when none is parked any more', async () => {
    const { world, clock, reported, poll } = createHealthEventsFixture();
    await clock.settle();
    const parked = { events: 2, code: 'busy', message: 'too many requests' };
    world.destinations = [destinationOf('a', { parked })];
    await poll();
    world.destinations = [destinationOf('a', { parked: { ...parked, events: 9 } })];
    await clock.advance(2 * hourMs);
    world.destinations = [destinationOf('a')];
    await poll();
    expect(reported()).toMatchObject([
      { action: 'events-parked', subject: 'a', reason: 'busy', attributes: { count: 2 } },
      { action: 'parked-events-settled', subject: 'a', reason: 'parked' },
    ]);
  });

  it('that is stopped is not reported', async () => {
    const { world, clock, reported } = createHealthEventsFixture();
    world.destinations = [destinationOf('a', { state: 'stopped' }), destinationOf('b', { state: 'unknown' })];
    await clock.advance(hourMs);
    expect(reported()).toEqual([]);
  });
});
