import { audit, destinations, type Fixture, openFixture, until } from '@xiq-siem/queries/test-queries';
import { createManualClock, createRecordingLogger, modelLog } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type TestCloud, testCloud } from '../test-cloud.ts';
import { watchCompleteness } from './watch-completeness.ts';

const hour = 3_600_000;
const minute = 60_000;

/** A quarter after an hour in which two events came, and not the first ones. */
async function watched(fixture: Fixture, world: TestCloud, isFilling = () => false) {
  const receivedMs = fixture.now();
  const H = Math.ceil(receivedMs / hour) * hour;
  await fixture.keep([audit(9)]);
  fixture.pass(H + 1_000 - receivedMs);
  await fixture.keep([audit(0, { timestamp: H + 1 }), audit(1, { timestamp: H + 2 })]);
  await fixture.settled();
  const clock = createManualClock(H + hour + 15 * minute);
  const log = createRecordingLogger();
  const watch = watchCompleteness({ clouds: world.clouds, readModel: fixture.readModel, isFilling, clock, log });
  onTestFinished(() => watch.stop());
  return { watch, clock, log, H };
}

test('the last whole hour that has settled is proved now and then, as figures', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  const { watch, clock, log, H } = await watched(fixture, world);
  world.logs.set(
    'audit',
    [0, 1, 2].map((id) => audit(id, { id: 70 + id, timestamp: H + 1 + id })),
  );
  await clock.advance(14 * minute);
  expect(watch.figures()).toEqual([]);
  await clock.advance(2 * minute);
  await until(() => watch.figures().length > 0);
  expect(watch.figures()).toEqual([
    {
      source: 'xiq',
      messageType: 'AUDIT_LOG_ALL',
      hourMs: H,
      state: 'missing',
      xiq: 3,
      kept: 2,
      missing: 1,
      surplus: 0,
    },
  ]);
  const attributes = { source: 'xiq', message_type: 'AUDIT_LOG_ALL' };
  expect(watch.readings()).toEqual([
    { name: 'xiq_siem.completeness.xiq', value: 3, attributes },
    { name: 'xiq_siem.completeness.kept', value: 2, attributes },
    { name: 'xiq_siem.completeness.missing', value: 1, attributes },
    { name: 'xiq_siem.completeness.surplus', value: 0, attributes },
  ]);
  expect(log.of('completeness.not_whole')).toHaveLength(1);
});

test('while the gap is being filled nobody asks; nor for hours before we were there', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testCloud();
  let isFilling = true;
  const { clock } = await watched(fixture, world, () => isFilling);
  await clock.advance(30 * minute);
  expect(world.asked).toEqual([]);
  isFilling = false;
  await clock.advance(2 * minute);
  await until(() => world.asked.length > 0);
  // Sequences need not begin with 1.
  await using other = await openFixture(destinations('one'), { over: modelLog().open() });
  const unasked = testCloud();
  const watch = watchCompleteness({
    clouds: unasked.clouds,
    readModel: other.readModel,
    isFilling: () => false,
    log: createRecordingLogger(),
    clock,
  });
  await clock.advance(40 * minute);
  await watch.stop();
  expect(unasked.asked).toEqual([]);
});
