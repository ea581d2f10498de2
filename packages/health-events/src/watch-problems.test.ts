import { type Problem, problemCodes, problemTable } from '@xiq-siem/admin-api';
import { expect, it } from 'vitest';
import { eventTable } from './event-table.ts';
import { createHealthEventsFixture } from './test-health-events.ts';

const filtered: Problem = {
  code: 'filter_matches_nothing',
  severity: 'error',
  subject: { kind: 'destination', name: 'archive' },
  summary: 'archive can get no event',
  text: 'where.datasets: audit is no dataset',
  next: 'fix it',
};

it('a problem is one event when it starts, also if its text changes, and one when it ends', async () => {
  const fixture = createHealthEventsFixture({ problems: [filtered] });
  await fixture.poll();
  fixture.world.problems = [{ ...filtered, text: 'another text' }];
  await fixture.poll();
  const [started, ...more] = fixture.reported('problem-started');
  expect(more).toEqual([]);
  expect(started).toMatchObject({
    subject: 'destination archive',
    reason: 'filter_matches_nothing',
    message: 'where.datasets: audit is no dataset',
    attributes: { 'destination.name': 'archive' },
  });
  expect(fixture.reported('problem-ended')).toEqual([]);
  fixture.world.problems = [];
  await fixture.poll();
  await fixture.poll();
  expect(fixture.reported('problem-ended')).toMatchObject([
    { subject: 'destination archive', reason: 'filter_matches_nothing', attributes: { 'destination.name': 'archive' } },
  ]);
  await fixture.healthEvents.stop();
});

it('a problem with a health event of its own is not reported twice', async () => {
  const own = problemCodes.filter((code) => problemTable[code].healthEvent !== 'problem-started');
  const fixture = createHealthEventsFixture({ problems: own.map((code) => ({ ...filtered, code })) });
  await fixture.poll();
  expect(fixture.reported('problem-started')).toEqual([]);
  await fixture.healthEvents.stop();
});

it('the health event of each problem exists', () => {
  const missing = problemCodes.filter((code) => !Object.hasOwn(eventTable, problemTable[code].healthEvent));
  expect(missing).toEqual([]);
});
