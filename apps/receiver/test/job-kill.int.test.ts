// `kill -9` and power cuts in the midst of `dlq retry`, `dlq drop` and `replay`, and commands that are ended: nothing is lost.
import { routes } from '@xiq-siem/admin-api';
import { type Ext4Disk, ext4Disk, lackOf } from '@xiq-siem/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Copies, differences } from './copies.ts';
import { inTheMidst, type JobPlace, jobPlace, refusable, sent } from './job-place.ts';

const kills = 3;
/** A rest of what was to be refused: rejected again. */
const stillRefused = (number: number): boolean => number % 12 === 0;
const stillOpen = sent / 12;

const atLeast = (copies: Copies, count: number): readonly string[] =>
  [...copies].filter(([, found]) => found < count).map(([id, found]) => `${id}: ${found}`);

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).join(' ');

/** Runs a command and kills the connector in its midst, again and again; then runs it to its end. */
async function throughKills(place: JobPlace, words: string, requestsInAll: number) {
  let resumed = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const killAndStart = await place.armKill();
    const command = place.begin(words);
    await command.running;
    await inTheMidst(place, requestsInAll / kills);
    await killAndStart(command.ended);
    const { code, jobs } = await command.ended;
    expect([1, 69], `a command whose connector is killed ends with ${code}`).toContain(code);
    if (jobs[0]?.resumed === true) resumed += 1;
    expect(await place.status()).toMatchObject({ holds: true });
  }
  const last = await place.ask(routes.watchJob, words);
  if (last.lines[0]?.resumed === true) resumed += 1;
  return { ...last, job: last.lines.at(-1), resumed };
}

describe.each(['kill -9', 'a power cut'])('%s', { timeout: 120_000 }, (how) => {
  const lack = how === 'kill -9' ? undefined : lackOf('mount', 'loop');

  async function diskOf(skip: (condition: boolean, note?: string) => void): Promise<Ext4Disk | undefined> {
    skip(lack !== undefined, lack);
    return how === 'kill -9' ? undefined : ext4Disk(onTestFinished);
  }

  test('in the midst of dlq retry: every dead letter is delivered or still open', async ({ skip }) => {
    await using place = await jobPlace(await diskOf(skip));
    const listed = async () => (await place.ask(routes.listDeadLetters, 'dlq list')).lines[0]?.open;
    expect(await listed()).toBe(refusable);
    place.refuseSome(stillRefused);
    const { code, job, resumed } = await throughKills(place, 'dlq retry', refusable / 5);
    expect(resumed).toBeGreaterThan(0);
    expect({ code, state: job?.state }).toEqual({ code: 1, state: 'done' });
    expect(await listed()).toBe(stillOpen);
    const { holds, destinations } = await place.status();
    expect(holds).toBe(true);
    expect(destinations[1]).toMatchObject({
      deadLetters: { open: stillOpen, delivered: refusable - stillOpen, dropped: 0, lost: 0, difference: 0 },
      sum: { normalized: sent, deadLettered: refusable, difference: 0 },
    });
    const { archive, splunk } = await place.arrived();
    expect([archive.size, splunk.size]).toEqual([sent, sent - stillOpen]);

    place.refuseSome(() => false);
    expect(await place.run('dlq retry')).toMatchObject({ code: 0 });
    expect(await place.run('status')).toMatchObject({ code: 0 });
    const everywhere = await place.arrived();
    expect(differences(new Map([...everywhere.splunk].map(([id]) => [id, 1])), everywhere.archive)).toEqual([]);
    const copies = [...everywhere.splunk.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `dlq retry: gone on with ${resumed} times over ${kills} kills; ${copies - sent} of ${sent} arrived twice`,
    );
    expect(await place.connector().end('SIGTERM')).toBe(0);
  });

  test('in the midst of replay: all that was to be replayed is there again', async ({ skip }) => {
    await using place = await jobPlace(await diskOf(skip));
    place.refuseSome(() => false);
    expect(await place.run('dlq retry')).toMatchObject({ code: 0 });
    const words = `replay --from 2026-01-01 --to ${new Date(Date.now() + 1000).toISOString()}`;
    const { code, job, resumed } = await throughKills(place, words, sent / 5);
    expect(resumed).toBeGreaterThan(0);
    expect({ code, state: job?.state }).toEqual({ code: 0, state: 'done' });
    expect(job?.lanes.map(({ destination, state, done, total }) => [destination, state, done === total])).toEqual([
      ['archive', 'done', true],
      ['splunk', 'done', true],
    ]);
    const { archive, splunk } = await place.arrived();
    expect([archive.size, splunk.size]).toEqual([sent, sent]);
    expect(atLeast(archive, 2)).toEqual([]);
    expect(atLeast(splunk, 2)).toEqual([]);
    expect(await place.run('status')).toMatchObject({ code: 0 });
    const more = [archive, splunk].map((all) => [...all.values()].reduce((sum, count) => sum + count - 2, 0));
    console.log(
      `replay: gone on with ${resumed} times over ${kills} kills; arrived once more: ${more.join(' and ')} of ${sent}`,
    );
    expect(await place.connector().end('SIGTERM')).toBe(0);
  });

  test('in the midst of dlq drop: every dead letter is dropped or still open', async ({ skip }) => {
    await using place = await jobPlace(await diskOf(skip));
    let dropped = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const killAndStart = await place.armKill();
      const first = kill * 160;
      const commands = [1, 41, 81, 121].map((from) =>
        place.run(`dlq drop --yes ${numbers(first + from, first + from + 39)}`),
      );
      // The others are in their midst then.
      expect(await Promise.race(commands)).toMatchObject({ code: 0 });
      await killAndStart(Promise.all(commands));
      const { holds, destinations } = await place.status();
      expect(holds).toBe(true);
      const { open, dropped: now } = destinations[1]?.deadLetters ?? { open: 0, dropped: 0 };
      expect([open + now, now % 40]).toEqual([refusable, 0]);
      expect(now).toBeGreaterThan(dropped);
      dropped = now;
    }
    expect(await place.run('dlq drop --all --yes')).toMatchObject({ code: 0 });
    expect((await place.status()).destinations[1]?.deadLetters).toMatchObject({ open: 0, dropped: refusable });
    console.log(`dlq drop: ${dropped} dropped over ${kills} kills`);
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGKILL', 'SIGKILL'],
] as const)(
  'a command that is ended by %s leaves its job to the connector, and the same command attaches to it',
  async (signal, code) => {
    await using place = await jobPlace();
    place.refuseSome(() => false);
    await place.hec.goDown();
    const command = place.begin('dlq retry');
    await command.running;
    command.end(signal);
    const ended = await command.ended;
    expect(ended.code).toBe(code);
    const id = ended.jobs[0]?.id;
    if (signal === 'SIGINT')
      expect(ended.stderr).toContain(`The job goes on in the connector: xiq-siem jobs watch ${id}`);
    expect((await place.ask(routes.jobs, 'jobs')).lines[0]?.jobs).toMatchObject([{ id, state: 'running' }]);

    const again = place.begin('dlq retry');
    await again.running;
    await place.hec.bringBack();
    const { code: last, jobs } = await again.ended;
    expect(last).toBe(0);
    expect(jobs[0]).toMatchObject({ id, resumed: true });
    expect(jobs.at(-1)).toMatchObject({ id, state: 'done', lanes: [{ total: refusable, delivered: refusable }] });
    expect((await place.arrived()).splunk.size).toBe(sent);
    expect(await place.run('status')).toMatchObject({ code: 0 });
    expect(await place.connector().end('SIGTERM')).toBe(0);
  },
);
