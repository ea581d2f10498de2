import { routes } from '@xiq-siem/admin-api';
import { ext4Disk, missingRequirement } from '@xiq-siem/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { only } from './operator-fixture.ts';
import { type RestFixture, restFixture, types } from './rest-fixture.ts';
import { setLastAlive } from './state-file.ts';
import { until, xiqFixture } from './xiq-fixture.ts';

const [audit, authentication] = types;
/** Within the last hours, at distinct times. */
const earlier = (seconds: number): number => Date.now() - seconds * 1_000;

/** Three events received at once show that both clocks agree. */
const emitNow = ({ cloud }: RestFixture): void => void cloud.emit({ type: audit, count: 3 });

const jobOf = async ({ operator }: RestFixture) => only(await operator.work.jobs());

test('dropped events are back-filled, none twice, and completeness is complete', async () => {
  await using fixture = await restFixture();
  const connector = await fixture.start();
  const { cloud } = fixture;
  cloud.emit({ type: audit, count: 27, atMs: earlier(1_000) });
  emitNow(fixture);
  cloud.emit({ type: authentication, count: 20, atMs: earlier(900), sameMillisecond: true });
  await cloud.settled();
  await fixture.hasDelivered(50);
  cloud.faults.set({ drop: {} });
  cloud.emit({ type: audit, count: 150, atMs: earlier(500), batch: 7 });
  cloud.emit({ type: authentication, count: 40, atMs: earlier(400), alike: true });
  await cloud.settled();
  const before = await fixture.completeness();
  expect(before.code).toBe(1);
  const { code, job } = await fixture.backfill();
  expect(job.types).toMatchObject([
    { messageType: audit, state: 'done', done: 1, fetched: 180, known: 30, kept: 150 },
    { messageType: authentication, state: 'done', done: 1, fetched: 60, known: 20, kept: 40 },
  ]);
  expect(code).toBe(0);
  await fixture.hasDelivered(240);
  const after = await fixture.completeness();
  expect(after.lines.at(-1)).toMatchObject({ kind: 'end', verdict: 'complete' });
  expect(after.code).toBe(0);
  expect((await fixture.backfill()).job.types).toMatchObject([{ kept: 0 }, { kept: 0 }]);
  await connector.end('SIGTERM');
  const stopped = await fixture.completeness();
  expect([stopped.code, stopped.lines.at(-1)]).toMatchObject([0, { verdict: 'complete', snapshot: true }]);
});

test.for(['kill -9', 'a power cut'])(
  '%s during a back-fill: the next start resumes it, nothing twice and nothing lost',
  { timeout: 60_000 },
  async (how, { skip }) => {
    const missingTools = how === 'kill -9' ? undefined : missingRequirement('mount', 'loop');
    skip(missingTools !== undefined, missingTools);
    const disk = how === 'kill -9' ? undefined : await ext4Disk(onTestFinished);
    await using fixture = await restFixture(disk === undefined ? {} : { parent: disk.path });
    const { cloud, operator } = fixture;
    const first = await fixture.start();
    await disk?.sync();
    const cutPower = await disk?.armPowerCut();
    emitNow(fixture);
    await cloud.settled();
    cloud.faults.set({ drop: {}, slowResponse: { delayMs: 30, on: ['logs'] } });
    for (const hour of [6, 5, 4, 3, 2, 1]) cloud.emit({ type: audit, count: 300, atMs: earlier(hour * 3_600) });
    cloud.emit({ type: authentication, count: 300, atMs: earlier(3_000) });
    await cloud.settled();
    const span = `--from ${new Date(earlier(7 * 3_600)).toISOString()} --to ${new Date().toISOString()}`;
    await operator.run(`backfill ${span} --no-wait`);
    let kept = 0;
    await until('some is kept', async () => {
      kept = (await jobOf(fixture)).types?.[0]?.kept ?? 0;
      return kept > 0;
    });
    await cutPower?.();
    await first.end('SIGKILL');
    await disk?.remount();
    expect(kept).toBeLessThan(1_800);
    const second = await fixture.start();
    await until('the job is done', async () => (await jobOf(fixture)).state === 'done');
    expect((await jobOf(fixture)).types).toMatchObject([
      { messageType: audit, fetched: expect.any(Number), done: 1 },
      { messageType: authentication, kept: 300 },
    ]);
    await fixture.hasDelivered(3 + 1_800 + 300);
    expect(await fixture.completeness(span)).toMatchObject({ code: 0 });
    expect(second.output()).toContain('backfill.resumed');
  },
);

test('a webhook that is received after its event was back-filled is not delivered, also after a restart', async () => {
  await using fixture = await restFixture();
  const { cloud, operator } = fixture;
  const first = await fixture.start();
  emitNow(fixture);
  await cloud.settled();
  cloud.faults.set({ late: { delayMs: 4_000 } });
  const [event] = cloud.emit({ type: audit, count: 2, atMs: earlier(60) });
  const { job } = await fixture.backfill();
  expect(job.types?.[0]).toMatchObject({ kept: 2 });
  await fixture.hasDelivered(5);
  await first.end('SIGKILL');
  cloud.faults.clear();
  const second = await fixture.start();
  await cloud.settled();
  const late = event?.deliveries;
  // The first was sent to the killed process; later ones go to the restarted process.
  expect(late).toHaveLength(1);
  const element = JSON.parse(event?.webhook ?? '{}');
  const receipt = await second.post(audit, [element]);
  await until('the body is settled', async () => {
    const { destinations } = await operator.work.status();
    return only(destinations).counters.filtered === 1;
  });
  const { lines } = await operator.runJson(routes.traceReceipt, `trace ${receipt}`);
  expect(only(only(lines).events).destinations).toMatchObject([
    { verdict: 'filtered', code: 'duplicate_of_backfill', message: expect.stringContaining('back-fill') },
  ]);
  await fixture.hasDelivered(5);
  expect(await fixture.completeness()).toMatchObject({ code: 0 });
});

test('a downtime of the connector is back-filled automatically', async () => {
  await using fixture = await restFixture({ subscriptions: { backfill: 'auto' } });
  const { cloud, operator } = fixture;
  const first = await fixture.start();
  emitNow(fixture);
  await cloud.settled();
  await fixture.hasDelivered(3);
  await first.end('SIGKILL');
  cloud.emit({ type: audit, count: 25, atMs: earlier(300) });
  await cloud.settled();
  // As after a downtime of ten minutes.
  await setLastAlive(operator.work.directory, earlier(600));
  const second = await fixture.start();
  await fixture.hasDelivered(28);
  expect(second.output()).toContain('the connector could not accept webhooks from');
  // The span extends beyond the start, for small clock differences, and waits for that time.
  expect(await jobOf(fixture)).toMatchObject({ kind: 'backfill', state: 'running', types: [{ state: 'waiting' }, {}] });
});

test('a subscription that was disabled in XIQ is fixed, and the gap is back-filled automatically', async () => {
  await using fixture = await xiqFixture();
  const { cloud, work } = fixture;
  await fixture.configure('reconcile: apply, backfill: auto, settleMinutes: 0');
  const first = await fixture.start();
  const checked = async () => (await work.status()).sources?.[0]?.api?.checked !== undefined;
  await until(
    'the subscriptions are created and checked',
    async () => cloud.subscriptions.list().length === 2 && checked(),
  );
  cloud.emit({ type: audit, count: 5 });
  await cloud.settled();
  await first.end('SIGTERM');
  for (const { id } of cloud.subscriptions.list()) cloud.subscriptions.change(id, { status: 'DISABLED' });
  cloud.emit({ type: audit, count: 40 });
  await cloud.settled();
  const second = await fixture.start();
  const ids = async () =>
    (await work.documents()).flatMap(({ event }) => (event['dataset'] === 'extreme_xiq.audit' ? [event.id] : []));
  await until('all is delivered', async () => (await ids()).length >= 45);
  expect([(await ids()).length, new Set(await ids()).size]).toEqual([45, 45]);
  expect(cloud.subscriptions.list().map(({ status }) => status)).toEqual(['ENABLED', 'ENABLED']);
  expect(second.output()).toContain('the subscription to AUDIT_LOG_ALL was disabled');
}, 60_000);
