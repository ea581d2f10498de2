import { describe, expect, it } from 'vitest';
import { destinationOf, reading, signalsToTest, startMs } from './test-signals.ts';

const hourMs = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a destination', () => {
  it('is down when it has backed off for more than a minute, and recovered at once', async () => {
    const { world, clock, said, look } = signalsToTest();
    await clock.settle();
    const lastFailure = { code: 'unreachable', words: 'connection refused', at: iso(startMs) };
    world.destinations = [destinationOf('archive', { state: 'backing_off', reason: 'unreachable', lastFailure })];
    await clock.advance(60_000);
    expect(said()).toEqual([]);
    await look();
    expect(said()).toMatchObject([
      { action: 'destination-down', subject: 'archive', reason: 'unreachable', words: 'connection refused' },
    ]);
    await clock.advance(hourMs);
    expect(said()).toHaveLength(1);
    world.destinations = [destinationOf('archive')];
    await look();
    expect(said().slice(1)).toMatchObject([{ action: 'destination-recovered', facts: { period_seconds: 3_615 } }]);
  });

  it('that backs off for less is not worth a word', async () => {
    const { world, said, look, clock } = signalsToTest();
    for (let turn = 0; turn < 20; turn += 1) {
      const state = turn % 2 === 0 ? 'backing_off' : 'running';
      world.destinations = [destinationOf('archive', { state, since: iso(clock.now()) })];
      await look();
    }
    expect(said()).toEqual([]);
  });

  it('is misconfigured at once when it pauses or holds events, and once', async () => {
    const { world, clock, said, look } = signalsToTest();
    await clock.settle();
    const held = { events: 4, code: 'no_index', words: 'index is missing' };
    world.destinations = [
      destinationOf('a', { state: 'paused', reason: 'unauthorized' }),
      destinationOf('b', { held }),
    ];
    await look();
    await clock.advance(hourMs);
    expect(said()).toMatchObject([
      { action: 'destination-misconfigured', subject: 'a', reason: 'unauthorized' },
      {
        ...{ action: 'destination-misconfigured', subject: 'b', reason: 'no_index', words: 'index is missing' },
        facts: { held_events: 4 },
      },
    ]);
  });

  it('that waits for room in the dead letters is down, not misconfigured', async () => {
    const { world, clock, said } = signalsToTest();
    world.destinations = [destinationOf('a', { state: 'paused', reason: 'dead_letters_full' })];
    await clock.advance(90_000);
    expect(said()).toMatchObject([{ action: 'destination-down', reason: 'dead_letters_full' }]);
  });

  it('that is being stopped is neither', async () => {
    const { world, clock, said } = signalsToTest();
    world.destinations = [destinationOf('a', { state: 'stopped' }), destinationOf('b', { state: 'unknown' })];
    await clock.advance(hourMs);
    expect(said()).toEqual([]);
  });
});

describe('degraded events', () => {
  const degraded = (count: number, lagSeconds = 0) => {
    const { sum, lag } = destinationOf('a');
    return [destinationOf('a', { sum: { ...sum, degraded: count }, lag: { ...lag, seconds: lagSeconds } })];
  };

  it('are said as they rise, at most once an hour, with all that came meanwhile', async () => {
    const { world, clock, said, look } = signalsToTest({ destinations: degraded(7) });
    await clock.settle();
    world.destinations = degraded(10);
    await look();
    world.destinations = degraded(14);
    await clock.advance(hourMs - 15_000);
    expect(said().map(({ facts }) => facts.count)).toEqual([3]);
    await look();
    expect(said().map(({ action, facts }) => [action, facts.count])).toEqual([
      ['destination-degraded', 3],
      // One of the four may have been the signal itself.
      ['destination-degraded', 3],
    ]);
  });

  it('that are signals of our own cause none, also where they are settled late', async () => {
    const { world, clock, said } = signalsToTest({ destinations: degraded(0) });
    world.settings = { ...world.settings, heartbeatMinutes: 5 };
    for (let looks = 0; looks < 960; looks += 1) {
      // Every heartbeat is degraded: first at once, then after ten minutes on the way.
      const late = looks > 480;
      const settled = said('heartbeat').filter(({ at }) => !late || clock.now() - Date.parse(at) > 600_000);
      world.destinations = degraded(settled.length, late ? 600 : 0);
      await clock.advance(15_000);
    }
    expect(said('heartbeat')).toHaveLength(48);
    expect(said('destination-degraded')).toEqual([]);
  });
});

describe('dead letters', () => {
  const letters = (count: number, dataset = 'extreme_xiq.audit', code = 'rejected') => [
    { destination: 'archive', code, dataset, count },
  ];
  const counted = (open: number) => {
    const { deadLetters } = destinationOf('archive');
    return [destinationOf('archive', { deadLetters: { ...deadLetters, open } })];
  };

  it('that were there at the start are not growing; more are said by destination and code', async () => {
    const { world, clock, said, look, asked } = signalsToTest({ letters: letters(5), destinations: counted(5) });
    await clock.advance(hourMs);
    expect([said().length, asked.groups]).toEqual([0, 1]);
    world.letters = [...letters(7), ...letters(1, 'extreme_xiq.auth', 'too_large')];
    world.destinations = counted(8);
    await look();
    expect(said()).toMatchObject([
      { action: 'dead-letters-growing', reason: 'rejected', facts: { count: 2, 'dead_letters.open': 8 } },
      { action: 'dead-letters-growing', reason: 'too_large', facts: { count: 1 } },
    ]);
  });

  it('that were retried or dropped are not missed when others come', async () => {
    const { world, clock, said, look } = signalsToTest({ letters: letters(5), destinations: counted(5) });
    await clock.settle();
    for (const open of [0, 3]) {
      world.letters = open === 0 ? [] : letters(open);
      world.destinations = counted(open);
      await look();
    }
    expect(said().map(({ facts }) => facts.count)).toEqual([3]);
  });

  it('of our own signals cause none', async () => {
    const { world, clock, said } = signalsToTest();
    world.settings = { ...world.settings, heartbeatMinutes: 5 };
    for (let looks = 0; looks < 960; looks += 1) {
      const own = said().length;
      world.letters = letters(own, 'extreme_xiq.connector');
      world.destinations = counted(own);
      await clock.advance(15_000);
    }
    expect(said().filter(({ action }) => action !== 'heartbeat')).toEqual([]);
  });
});

describe('the journal', () => {
  const lagging = (hoursUntilFull: number | null, seconds: number) => {
    const { lag } = destinationOf('archive');
    return [destinationOf('archive', { lag: { ...lag, hoursUntilFull, seconds } })];
  };

  it('is filling when it would be full within the hours, once an hour', async () => {
    const { world, clock, said } = signalsToTest({ destinations: lagging(13, 600) });
    await clock.advance(60_000);
    expect(said()).toEqual([]);
    world.destinations = lagging(11.5, 600);
    await clock.advance(hourMs);
    expect(said()).toMatchObject([{ action: 'journal-filling', facts: { 'journal.hours_until_full': 11.5 } }]);
    await clock.advance(hourMs);
    expect(said()).toHaveLength(2);
  });

  it.each([
    ['keeps up', 1, 2],
    ['fills nothing', null, 600],
  ])('is not, where the destination %s', async (_, hours, seconds) => {
    const { clock, said } = signalsToTest({ destinations: lagging(hours, seconds) });
    await clock.advance(hourMs);
    expect(said()).toEqual([]);
  });

  it('says each gap once, also one that was there, and again within the hour only once it has grown for so long', async () => {
    const gap = (toSequence: number) => ({
      ...{ id: `archive:3-${toSequence}`, destination: 'archive', fromSequence: 3, toSequence },
      ...{ bodies: toSequence - 2, bytes: 100, at: iso(startMs) },
    });
    const { world, clock, said } = signalsToTest({ gaps: [gap(9)] });
    await clock.advance(hourMs);
    expect(said()).toMatchObject([{ action: 'gap-opened', facts: { 'gap.id': 'archive:3-9', 'gap.bodies': 7 } }]);
    for (let to = 10; to < 250; to += 1) {
      world.gaps = [gap(to)];
      await clock.advance(15_000);
    }
    expect(said()).toHaveLength(2);
    world.gaps = [];
    await clock.advance(2 * hourMs);
    expect(said()).toHaveLength(2);
  });

  it('says once which bodies it cannot read any more', async () => {
    const lost = { fromSequence: 4, toSequence: 6, bytes: 30, where: 'journal/1.log' };
    const spans = [
      { ...lost, reason: 'damaged' as const },
      { ...lost, reason: 'letGo' as const },
    ];
    const { clock, said } = signalsToTest({ lost: spans });
    await clock.advance(hourMs);
    expect(said()).toMatchObject([{ action: 'bodies-lost', reason: 'damaged', subject: 'journal/1.log' }]);
  });
});

describe('senders', () => {
  it('with a wrong secret are said with how many, how fast, and the ten addresses that tried most', async () => {
    const { world, clock, said, look } = signalsToTest();
    await clock.settle();
    world.readings = [reading('xiq_siem.receiver.refused_credentials', 210, { source: 'xiq' })];
    for (let n = 1; n <= 20; n += 1) world.refused.push({ source: 'xiq', address: `192.0.2.${n}`, count: n });
    await look();
    const [first] = said('credentials-refused');
    expect(first?.facts).toMatchObject({ source: 'xiq', count: 210, period_seconds: 15, per_minute: 840 });
    expect(first?.facts['refused.by_address']).toHaveLength(10);
    expect(first?.facts['refused.by_address']?.[0]).toBe('192.0.2.20=20');
    world.readings = [reading('xiq_siem.receiver.refused_credentials', 220, { source: 'xiq' })];
    world.refused.push({ source: 'xiq', address: '192.0.2.1', count: 10 });
    await clock.advance(hourMs);
    expect(said('credentials-refused').slice(1)).toMatchObject([
      { facts: { count: 10, period_seconds: 3_600, 'refused.by_address': ['192.0.2.1=10'] } },
    ]);
  });

  it('of unknown types, and of what cannot be read, are said once an hour by source and code', async () => {
    const { world, clock, said } = signalsToTest();
    await clock.settle();
    for (let n = 1; n <= 300; n += 1) {
      world.readings = [
        reading('xiq_siem.source.events', n, { source: 'xiq', dataset: 'extreme_xiq.unknown' }),
        reading('xiq_siem.source.events', n, { source: 'xiq', dataset: 'extreme_xiq.audit' }),
        reading('xiq_siem.source.pipeline_errors', n, { source: 'xiq', code: 'invalid_json' }),
        reading('xiq_siem.source.pipeline_errors', n, { source: 'xiq', code: 'too_deep' }),
        reading('xiq_siem.source.pipeline_errors', n, { overflow: 'true' }),
      ];
      await clock.advance(15_000);
    }
    expect(said().map(({ action, reason, facts }) => [action, reason, facts.count])).toEqual([
      ['unknown-message-types', undefined, 1],
      ['pipeline-errors', 'invalid_json', 1],
      ['pipeline-errors', 'too_deep', 1],
      ['unknown-message-types', undefined, 240],
      ['pipeline-errors', 'invalid_json', 240],
      ['pipeline-errors', 'too_deep', 240],
    ]);
  });

  it('that are ourselves are never said', async () => {
    const { world, clock, said, look } = signalsToTest();
    await clock.settle();
    world.readings = [
      reading('xiq_siem.source.events', 9, { source: 'self', dataset: 'extreme_xiq.unknown' }),
      reading('xiq_siem.source.pipeline_errors', 9, { source: 'self', code: 'not_a_signal' }),
      reading('xiq_siem.receiver.refused_credentials', 9, { source: 'self' }),
    ];
    await look();
    expect(said()).toEqual([]);
  });
});

describe('a source', () => {
  /** Sends every so often, for so long. */
  async function sending(test: ReturnType<typeof signalsToTest>, everyMs: number, forMs: number): Promise<void> {
    const { clock, world } = test;
    for (const end = clock.now() + forMs; clock.now() < end; ) {
      world.received.set('xiq', clock.now());
      await clock.advance(everyMs);
    }
  }

  it('is silent when it pauses for longer than its habit allows, and is heard again', async () => {
    const test = signalsToTest();
    const { said, clock, world, look } = test;
    await sending(test, 120_000, 2 * hourMs);
    const last = clock.now() - 120_000;
    await clock.advance(last + 1_200_000 - clock.now());
    expect(said()).toEqual([]);
    await look();
    await clock.advance(hourMs);
    expect(said()).toMatchObject([
      {
        action: 'source-silent',
        subject: 'xiq',
        facts: { 'silence.habit_seconds': 120, 'silence.last_received': iso(last) },
      },
    ]);
    world.received.set('xiq', clock.now());
    await look();
    expect(said().slice(1)).toMatchObject([{ action: 'source-heard', facts: { 'silence.habit_seconds': 120 } }]);
    // A silence is not a habit: the next one is said as soon.
    await clock.advance(1_300_000);
    expect(said()).toHaveLength(3);
  });

  it('is not silent for less than ten minutes, however busy it is', async () => {
    const test = signalsToTest();
    await sending(test, 15_000, 2 * hourMs);
    await test.clock.advance(540_000);
    expect(test.said()).toEqual([]);
    await test.clock.advance(90_000);
    expect(test.said()).toHaveLength(1);
  });

  it('that was heard for less than an hour, or fewer than ten times, has no habit yet', async () => {
    const short = signalsToTest();
    await sending(short, 60_000, hourMs / 2);
    await short.clock.advance(3 * hourMs);
    expect(short.said()).toEqual([]);
    const rare = signalsToTest();
    await sending(rare, 1_200_000, 3 * hourMs);
    await rare.clock.advance(6 * hourMs);
    expect(rare.said()).toEqual([]);
  });

  it('that was never heard is not said to be silent', async () => {
    const { clock, said } = signalsToTest();
    await clock.advance(6 * hourMs);
    expect(said()).toEqual([]);
  });
});
