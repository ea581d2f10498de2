import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { spawnConnector } from './connector-process.ts';
import { type XiqFixture, xiqFixture } from './xiq-fixture.ts';

const step = z.looseObject({ action: z.string() });
const steps = ['added', 'accepted', 'updated', 'promoted', 'waiting', 'removed'];

/** Runs the rotation until it reports this step, and kills it then; resolves with the reported steps. */
async function runUntilStep({ work }: XiqFixture, wanted: string): Promise<readonly string[]> {
  const args = ['subscriptions', 'rotate-secret', '--json', '--grace', '1', '--config', work.configFile];
  const child = spawnConnector(args, work.secret, work.directory);
  const ended = once(child, 'close');
  const said: string[] = [];
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { action } = step.parse(JSON.parse(line));
    said.push(action);
    if (action === wanted) child.kill('SIGKILL');
  }
  const [, signal]: unknown[] = await ended;
  // After the last step it may end before it is killed.
  if (wanted !== 'removed') expect([wanted, signal]).toEqual([wanted, 'SIGKILL']);
  return said;
}

const secretsIn = async ({ secretFile }: XiqFixture): Promise<readonly string[]> =>
  (await readFile(secretFile, 'utf8')).trim().split('\n');

it.each(['array', 'page'] as const)(
  'rotate-secret killed at each step and run again refuses no webhook, with an API of generation %s',
  async (generation) => {
    await using fixture = await xiqFixture({ generation });
    const { cloud } = fixture;
    await fixture.configure('alerts: true, reconcile: apply, everyMinutes: 1');
    const connector = await fixture.start();
    expect((await fixture.run('subscriptions', 'apply', '--yes')).code).toBe(0);
    cloud.flow.set({ eventsPerSecond: 40, types: ['AUDIT_LOG_ALL', 'SMS_LOG_ALL', 'ALERT'] });
    for (const wanted of steps) {
      const [before] = await secretsIn(fixture);
      const said = await runUntilStep(fixture, wanted);
      expect(said.at(0)).toBe('added');
      const again = await fixture.run('subscriptions', 'rotate-secret', '--json', '--grace', '1');
      expect([wanted, again.code]).toEqual([wanted, 0]);
      const [first] = again.stdout.split('\n');
      expect(step.parse(JSON.parse(first ?? '')).action).toBe(wanted === 'removed' ? 'added' : 'resumed');
      const [after, ...others] = await secretsIn(fixture);
      expect([after === before, others]).toEqual([false, []]);
      expect(new Set(cloud.subscriptions.list().map(({ secret }) => secret))).toEqual(new Set([after]));
    }
    cloud.flow.set({ eventsPerSecond: 0 });
    await cloud.settled();
    const { events, forgotten } = cloud.truth();
    const responses = Map.groupBy(
      events.flatMap(({ deliveries }) => deliveries),
      ({ response }) => response,
    );
    expect([...responses.keys(), forgotten]).toEqual([202, 0]);
    // Webhooks were received throughout.
    expect(events.length).toBeGreaterThan(500);
    const output = connector.output();
    expect(output).not.toMatch(/refused/);
    expect(await connector.end('SIGTERM')).toBe(0);
  },
  120_000,
);
