// `kill -9` and power cuts during `dlq retry`, `dlq drop` and `replay`, and commands that are ended: nothing is lost.
import { routes } from '@xiq-siem/admin-api';
import { type Ext4Disk, ext4Disk, missingRequirement } from '@xiq-siem/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Copies, differences } from './copies.ts';
import { duringJob, type JobFixture, jobFixture, refusable, sent } from './job-fixture.ts';

const kills = 3;
/** Some of the refusable events are rejected again. */
const stillRefused = (number: number): boolean => number % 12 === 0;
const stillOpen = sent / 12;

const atLeast = (copies: Copies, count: number): readonly string[] =>
  [...copies].filter(([, found]) => found < count).map(([id, found]) => `${id}: ${found}`);

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).join(' ');

/** Runs a command and kills the connector during it, several times; then runs it to its end. */
async function throughKills(fixture: JobFixture, message: string, requestsInAll: number) {
  let resumed = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const killAndStart = await fixture.prepareKill();
    const command = fixture.begin(message);
    await command.running;
    await duringJob(fixture, requestsInAll / kills);
    await killAndStart(command.ended);
    const { code, jobs } = await command.ended;
    expect([1, 69], `a command whose connector is killed ends with ${code}`).toContain(code);
    if (jobs[0]?.resumed === true) resumed += 1;
    expect(await fixture.status()).toMatchObject({ reconciled: true });
  }
  const last = await fixture.runJson(routes.watchJob, message);
  if (last.lines[0]?.resumed === true) resumed += 1;
  return { ...last, job: last.lines.at(-1), resumed };
}

describe.each(['kill -9', 'a power cut'])('%s', { timeout: 120_000 }, (how) => {
  const missingTools = how === 'kill -9' ? undefined : missingRequirement('mount', 'loop');

  async function diskOf(skip: (condition: boolean, note?: string) => void): Promise<Ext4Disk | undefined> {
    skip(missingTools !== undefined, missingTools);
    return how === 'kill -9' ? undefined : ext4Disk(onTestFinished);
  }

  test('during dlq retry: every dead letter is delivered or still open', async ({ skip }) => {
    await using fixture = await jobFixture(await diskOf(skip));
    const listed = async () => (await fixture.runJson(routes.listDeadLetters, 'dlq list')).lines[0]?.open;
    expect(await listed()).toBe(refusable);
    fixture.refuseSome(stillRefused);
    const { code, job, resumed } = await throughKills(fixture, 'dlq retry', refusable / 5);
    expect(resumed).toBeGreaterThan(0);
    expect({ code, state: job?.state }).toEqual({ code: 1, state: 'done' });
    expect(await listed()).toBe(stillOpen);
    const { reconciled, destinations } = await fixture.status();
    expect(reconciled).toBe(true);
    expect(destinations[1]).toMatchObject({
      deadLetters: { open: stillOpen, delivered: refusable - stillOpen, dropped: 0, lost: 0, unaccounted: 0 },
      counters: { normalized: sent, deadLettered: refusable, unaccounted: 0 },
    });
    const { archive, splunk } = await fixture.arrived();
    expect([archive.size, splunk.size]).toEqual([sent, sent - stillOpen]);

    fixture.refuseSome(() => false);
    expect(await fixture.run('dlq retry')).toMatchObject({ code: 0 });
    expect(await fixture.run('status')).toMatchObject({ code: 0 });
    const everywhere = await fixture.arrived();
    expect(differences(new Map([...everywhere.splunk].map(([id]) => [id, 1])), everywhere.archive)).toEqual([]);
    const copies = [...everywhere.splunk.values()].reduce((total, count) => total + count, 0);
    console.log(`dlq retry: resumed ${resumed} times over ${kills} kills; ${copies - sent} of ${sent} arrived twice`);
    expect(await fixture.connector().end('SIGTERM')).toBe(0);
  });

  test('during replay: all events of the replay are delivered again', async ({ skip }) => {
    await using fixture = await jobFixture(await diskOf(skip));
    fixture.refuseSome(() => false);
    expect(await fixture.run('dlq retry')).toMatchObject({ code: 0 });
    const message = `replay --from 2026-01-01 --to ${new Date(Date.now() + 1000).toISOString()}`;
    const { code, job, resumed } = await throughKills(fixture, message, sent / 5);
    expect(resumed).toBeGreaterThan(0);
    expect({ code, state: job?.state }).toEqual({ code: 0, state: 'done' });
    expect(job?.streams.map(({ destination, state, done, total }) => [destination, state, done === total])).toEqual([
      ['archive', 'done', true],
      ['splunk', 'done', true],
    ]);
    const { archive, splunk } = await fixture.arrived();
    expect([archive.size, splunk.size]).toEqual([sent, sent]);
    expect(atLeast(archive, 2)).toEqual([]);
    expect(atLeast(splunk, 2)).toEqual([]);
    expect(await fixture.run('status')).toMatchObject({ code: 0 });
    const more = [archive, splunk].map((all) => [...all.values()].reduce((total, count) => total + count - 2, 0));
    console.log(
      `replay: resumed ${resumed} times over ${kills} kills; arrived once more: ${more.join(' and ')} of ${sent}`,
    );
    expect(await fixture.connector().end('SIGTERM')).toBe(0);
  });

  test('during dlq drop: every dead letter is dropped or still open', async ({ skip }) => {
    await using fixture = await jobFixture(await diskOf(skip));
    let dropped = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const killAndStart = await fixture.prepareKill();
      const first = kill * 160;
      const commands = [1, 41, 81, 121].map((from) =>
        fixture.run(`dlq drop --yes ${numbers(first + from, first + from + 39)}`),
      );
      // The others are running at this time.
      expect(await Promise.race(commands)).toMatchObject({ code: 0 });
      await killAndStart(Promise.all(commands));
      const { reconciled, destinations } = await fixture.status();
      expect(reconciled).toBe(true);
      const { open, dropped: now } = destinations[1]?.deadLetters ?? { open: 0, dropped: 0 };
      expect([open + now, now % 40]).toEqual([refusable, 0]);
      expect(now).toBeGreaterThan(dropped);
      dropped = now;
    }
    expect(await fixture.run('dlq drop --all --yes')).toMatchObject({ code: 0 });
    expect((await fixture.status()).destinations[1]?.deadLetters).toMatchObject({ open: 0, dropped: refusable });
    console.log(`dlq drop: ${dropped} dropped over ${kills} kills`);
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGKILL', 'SIGKILL'],
] as const)(
  'a command that is ended by %s leaves its job running, and the same command attaches to it',
  async (signal, code) => {
    await using fixture = await jobFixture();
    fixture.refuseSome(() => false);
    await fixture.hec.goDown();
    const command = fixture.begin('dlq retry');
    await command.running;
    command.end(signal);
    const ended = await command.ended;
    expect(ended.code).toBe(code);
    const id = ended.jobs[0]?.id;
    if (signal === 'SIGINT')
      expect(ended.stderr).toContain(`The job continues in the connector. To follow it: xiq-siem jobs watch ${id}.`);
    expect((await fixture.runJson(routes.jobs, 'jobs')).lines[0]?.jobs).toMatchObject([{ id, state: 'running' }]);

    const again = fixture.begin('dlq retry');
    await again.running;
    await fixture.hec.recover();
    const { code: last, jobs } = await again.ended;
    expect(last).toBe(0);
    expect(jobs[0]).toMatchObject({ id, resumed: true });
    expect(jobs.at(-1)).toMatchObject({ id, state: 'done', streams: [{ total: refusable, delivered: refusable }] });
    expect((await fixture.arrived()).splunk.size).toBe(sent);
    expect(await fixture.run('status')).toMatchObject({ code: 0 });
    expect(await fixture.connector().end('SIGTERM')).toBe(0);
  },
);
