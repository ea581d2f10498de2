import { setTimeout } from 'node:timers/promises';
import { routes } from '@xiq-siem/admin-api';
import { expect, test } from 'vitest';
import { setLastAlive } from './state-file.ts';
import { until, xiqFixture } from './xiq-fixture.ts';

const audit = 'AUDIT_LOG_ALL';

test('after a kill under load and a downtime, all events of the downtime are back-filled, none twice, and completeness is complete', async () => {
  await using fixture = await xiqFixture();
  const { cloud, work } = fixture;
  await fixture.configure('reconcile: apply, backfill: auto, settleMinutes: 0');
  const first = await fixture.start();
  await until('the subscriptions are made', async () => cloud.subscriptions.list().length === 2);
  const startedMs = Date.now();
  cloud.flow.set({ eventsPerSecond: 200, types: [audit], batch: 5 });
  await setTimeout(3_000);
  await first.end('SIGKILL');
  await setTimeout(3_000);
  // Sets an earlier time: a shorter downtime is ignored.
  await setLastAlive(work.directory, Date.now() - 120_000);
  const second = await fixture.start();
  await setTimeout(3_000);
  cloud.flow.set({ eventsPerSecond: 0 });
  await cloud.settled();
  const total = cloud.truth({ types: [audit] }).total;
  const receipts = async () => {
    const found = new Map<string, Set<string>>();
    for (const { event, extreme } of await work.documents()) {
      if (event['dataset'] !== 'extreme_xiq.audit') continue;
      found.set(event.id, (found.get(event.id) ?? new Set()).add(extreme.xiq.receipt));
    }
    return found;
  };
  await until('all is delivered', async () => (await receipts()).size === total, 40_000);
  expect([...(await receipts()).values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(second.output()).toContain('the connector could not accept webhooks from');
  const span = ['--from', new Date(startedMs - 1_000).toISOString(), '--to', new Date().toISOString()];
  const proof = await fixture.run('completeness', ...span, '--types', audit, '--json');
  const lines = proof.stdout.trim().split('\n');
  expect(routes.completeness.response.parse(JSON.parse(lines.at(-1) ?? ''))).toMatchObject({ verdict: 'complete' });
  expect(proof.code).toBe(0);
}, 120_000);
