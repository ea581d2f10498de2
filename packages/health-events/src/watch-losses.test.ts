import { describe, expect, it } from 'vitest';
import { createHealthEventsFixture, startMs } from './test-health-events.ts';
import type { HourFigures } from './watch.ts';

const hourMs = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const figures: HourFigures = {
  source: 'xiq',
  messageType: 'AUDIT_LOG_ALL',
  hourMs: startMs,
  state: 'missing',
  xiq: 12,
  kept: 10,
  missing: 2,
  surplus: 0,
};

describe('the journal', () => {
  it('each retention gap is reported once, also an existing one, and at most once an hour while it grows', async () => {
    const gap = (toSequence: number) => ({
      id: `archive:3-${toSequence}`,
      destination: 'archive',
      fromSequence: 3,
      toSequence,
      bodies: toSequence - 2,
      bytes: 100,
      at: iso(startMs),
    });
    const { world, clock, reported } = createHealthEventsFixture({ gaps: [gap(9)] });
    await clock.advance(hourMs);
    expect(reported()).toMatchObject([
      { action: 'retention-gap-opened', attributes: { 'gap.id': 'archive:3-9', 'gap.bodies': 7 } },
    ]);
    for (let to = 10; to < 250; to += 1) {
      world.gaps = [gap(to)];
      await clock.advance(15_000);
    }
    expect(reported()).toHaveLength(2);
    world.gaps = [];
    await clock.advance(2 * hourMs);
    expect(reported()).toHaveLength(2);
  });

  it('unreadable bodies are reported once', async () => {
    const lost = { fromSequence: 4, toSequence: 6, bodies: 2, bytes: 30, where: 'journal/1.log' };
    const spans = [
      { ...lost, reason: 'damaged' as const },
      { ...lost, reason: 'evicted' as const },
    ];
    const { clock, reported } = createHealthEventsFixture({ lost: spans });
    await clock.advance(hourMs);
    const attributes = { 'gap.bodies': 2 };
    expect(reported()).toMatchObject([
      { action: 'bodies-lost', reason: 'damaged', subject: 'journal/1.log', attributes },
    ]);
  });
});

describe('the state file', () => {
  it('each incident is reported once', async () => {
    const incident = { id: 'state:1', at: iso(startMs), kind: 'damaged', reason: 'malformed', recovered: 7 } as const;
    const { world, clock, reported } = createHealthEventsFixture({
      incidents: [{ ...incident, lost: 2, file: 'quarantine/x' }],
    });
    await clock.advance(2 * hourMs);
    expect(reported()).toMatchObject([
      {
        action: 'state-damaged',
        reason: 'damaged',
        message: 'malformed',
        subject: 'quarantine/x',
        attributes: { count: 2 },
      },
    ]);
    world.incidents = [...world.incidents, { ...incident, id: 'state:2', kind: 'missing' }];
    await clock.advance(2 * hourMs);
    expect(reported()).toHaveLength(2);
    expect(reported().at(-1)).toMatchObject({ reason: 'missing', subject: 'state.sqlite' });
    expect(reported().at(-1)?.attributes?.['count']).toBeUndefined();
  });
});

/** Resolves with the events that one poll reports. */
function watched() {
  const { world, reported, poll, clock } = createHealthEventsFixture({ sources: [] });
  return async (...found: readonly HourFigures[]) => {
    await clock.settle();
    const before = reported().length;
    world.completeness = found;
    await poll();
    return reported().slice(before);
  };
}

it('missing events are reported once for each hour and message type', async () => {
  const reported = watched();
  expect(
    await reported(figures, { ...figures, messageType: 'SMS_LOG_ALL', state: 'complete', missing: 0 }),
  ).toMatchObject([
    {
      action: 'completeness-missing',
      subject: 'xiq',
      attributes: {
        source: 'xiq',
        message_type: 'AUDIT_LOG_ALL',
        count: 2,
        'completeness.xiq': 12,
        'completeness.kept': 10,
        'completeness.hour': '2026-01-01T00:00:00.000Z',
      },
    },
  ]);
  expect(await reported({ ...figures, missing: 3 })).toEqual([]);
  expect(await reported({ ...figures, messageType: 'SMS_LOG_ALL' })).toHaveLength(1);
  expect(await reported({ ...figures, hourMs: startMs + hourMs })).toHaveLength(1);
});

it('surplus events and an unprovable hour are not reported', async () => {
  const found = [
    { ...figures, state: 'surplus' as const, missing: 0, surplus: 2 },
    { ...figures, messageType: 'SMS_LOG_ALL', state: 'unprovable' as const },
  ];
  expect(await watched()(...found)).toEqual([]);
});
