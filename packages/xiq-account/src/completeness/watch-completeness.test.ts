import { audit, destinations, type Fixture, openFixture, until } from '@xiq-siem/queries/test-queries';
import { createManualClock, createRecordingLogger, modelLog } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type TestAccount, testAccount } from '../test-account.ts';
import { watchCompleteness } from './watch-completeness.ts';

const hour = 3_600_000;
const minute = 60_000;

/** 15 minutes after an hour with two received events, which are not the first of the source. */
async function watched(fixture: Fixture, world: TestAccount, isBackfilling = () => false) {
  const receivedMs = fixture.now();
  const H = Math.ceil(receivedMs / hour) * hour;
  await fixture.keep([audit(9)]);
  fixture.pass(H + 1_000 - receivedMs);
  await fixture.keep([audit(0, { timestamp: H + 1 }), audit(1, { timestamp: H + 2 })]);
  await fixture.settled();
  const clock = createManualClock(H + hour + 15 * minute);
  const log = createRecordingLogger();
  const watch = watchCompleteness({
    accounts: world.accounts,
    readModel: fixture.readModel,
    isBackfilling,
    clock,
    log,
  });
  onTestFinished(() => watch.stop());
  return { watch, clock, log, H };
}

test('proves the last full hour with a final log regularly, as figures', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
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
  expect(log.of('completeness.incomplete')).toHaveLength(1);
});

test('sends no request during a back-fill, nor for hours before the first reception', async () => {
  await using fixture = await openFixture(destinations('one'));
  const world = testAccount();
  let isBackfilling = true;
  const { clock } = await watched(fixture, world, () => isBackfilling);
  await clock.advance(30 * minute);
  expect(world.requests).toEqual([]);
  isBackfilling = false;
  await clock.advance(2 * minute);
  await until(() => world.requests.length > 0);
  // The first sequence need not be 1.
  await using other = await openFixture(destinations('one'), { over: modelLog().open() });
  const idle = testAccount();
  const watch = watchCompleteness({
    accounts: idle.accounts,
    readModel: other.readModel,
    isBackfilling: () => false,
    log: createRecordingLogger(),
    clock,
  });
  await clock.advance(40 * minute);
  await watch.stop();
  expect(idle.requests).toEqual([]);
});
