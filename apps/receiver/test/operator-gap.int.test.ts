// A full journal: the retention gap is shown, counted and acknowledged, and a removed destination is forgotten.
import { expect, test } from 'vitest';
import { audits } from './elastic-events.ts';
import { only, operatorFixture } from './operator-fixture.ts';

const unreachable = 'http://127.0.0.1:9';

test('evicted bodies are a gap of the one destination that needed them, until it is acknowledged', async () => {
  const archive = { type: 'file', directory: './out', minFreeBytes: 0 };
  await using fixture = await operatorFixture({
    journal: { minFreeBytes: 0, maxBytes: 1_048_576, segmentBytes: 65_536 },
    healthEvents: { enabled: false },
    destinations: { archive, elastic: { type: 'elasticsearch', nodes: [unreachable] } },
  });
  const connector = await fixture.start();
  const { status } = fixture.work;
  let posted = 0;
  const postOne = async () => {
    await connector.post('AUDIT_LOG_ALL', audits(1, posted, 'j.doe', 'x'.repeat(9000)));
    posted++;
  };
  while (posted < 100) await postOne();
  // One by one: just after the first eviction the journal has space, and evicts nothing more by itself.
  const postMore = async () => {
    await postOne();
    return (await status()).gaps.length;
  };
  await expect.poll(postMore, { timeout: 20_000, interval: 1 }).toBe(1);

  const full = await status();
  const gap = only(full.gaps);
  expect(gap).toMatchObject({ destination: 'elastic', fromSequence: 1, bodies: gap.toSequence });
  expect(full).toMatchObject({ reconciled: true, accepting: { ok: true } });
  const [, elastic] = full.destinations;
  expect(elastic).toMatchObject({ name: 'elastic', lag: { bodies: posted - gap.bodies } });
  const { code, output } = await fixture.run('status');
  expect(code).toBe(1);
  expect(output).toMatch(
    new RegExp(`^LOST: ${gap.bodies.toLocaleString('en-US')} requests evicted before elastic had them`),
  );
  expect(output).toContain(gap.id);

  expect(await fixture.run('status --acknowledge elastic:7-9')).toMatchObject({ code: 66 });
  expect(await fixture.run(`status --acknowledge ${gap.id}`)).toMatchObject({ code: 0 });
  expect((await status()).gaps).toEqual([]);

  expect(await fixture.run('destination forget elastic --yes')).toMatchObject({ code: 64 });
  await fixture.configure({ destinations: { archive } });
  expect(await fixture.run('reload')).toMatchObject({ code: 0, output: expect.stringContaining('elastic removed') });
  expect(await fixture.run('status')).toMatchObject({ code: 1, output: expect.stringContaining('forget elastic') });
  expect(await fixture.run('destination forget elastic --yes')).toMatchObject({ code: 0 });
  expect(await fixture.run('status')).toMatchObject({ code: 0 });
  expect(await connector.end('SIGTERM')).toBe(0);
  expect(await fixture.work.documents()).toHaveLength(posted);
});
