// For tests of killed jobs: many events at a file and at a HEC server that can refuse some, sent in small batches.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Job, routes, type Status } from '@xiq-siem/admin-api';
import type { Ext4Disk, HecFake } from '@xiq-siem/testkit';
import { z } from 'zod';
import { hecToken, startHec } from './all-destinations.ts';
import { inFiles, inHecFake } from './arrivals.ts';
import type { Ended } from './connector-process.ts';
import { spawnConnector } from './connector-process.ts';
import { type Copies, copiesBy } from './copies.ts';
import { audits } from './elastic-events.ts';
import { type OperatedConnector, type OperatorFixture, operatorFixture } from './operator-fixture.ts';

const bodies = 30;
const eventsEach = 50;
/** In the order in which they were sent. */
export const sent = bodies * eventsEach;
/** Every third event can be refused. */
export const refusable = sent / 3;

export interface JobFixture extends OperatorFixture {
  readonly hec: HecFake;
  /** The running connector. */
  connector(): OperatedConnector;
  /**
   * Prepares a kill. The returned function ends the connector by SIGKILL (with a power cut of the disk where it supports
   * one), waits for the commands in its directory, and restarts the connector.
   */
  prepareKill(): Promise<(commands: Promise<unknown>) => Promise<void>>;
  /** Events to refuse from now on. */
  refuseSome(rule: (number: number) => boolean): void;
  /** Event ids and how often they arrived. */
  arrived(): Promise<{ readonly archive: Copies; readonly splunk: Copies }>;
  status(): Promise<Status>;
  /** Starts a command with `--json` that the test may end early. */
  startCommand(line: string): RunningCommand;
}

export interface RunningCommand {
  /** Resolves when the job reports that it is running. */
  readonly running: Promise<void>;
  end(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: Ended['code']; readonly jobs: readonly Job[]; readonly stderr: string }>;
}

const message = z.object({ message: z.string() });
const exit = z.union([z.number(), z.custom<NodeJS.Signals>((value) => typeof value === 'string')]);

/** All events are sent; the refusable ones were refused and are dead letters. */
export async function jobFixture(disk?: Ext4Disk): Promise<JobFixture & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const hec = opened.adopt(await startHec(), (fake) => fake.close());
  const small = { batch: { maxEvents: 5 }, maxInFlight: 1, retry: { initialMs: 50, maxMs: 200 } };
  const fixture = opened.use(
    await operatorFixture(
      {
        healthEvents: { enabled: false },
        destinations: {
          archive: { type: 'file', directory: './out', minFreeBytes: 0 },
          splunk: { type: 'splunk-hec', url: hec.url, token: hecToken, ...small },
        },
      },
      { 'hec-token': 'hec-token-4711' },
      disk?.path,
    ),
  );
  let connector = await fixture.start();
  opened.defer(async () => void (await connector.end('SIGKILL')));
  const { directory, secret, configFile } = fixture.work;
  const refuseSome = (rule: (number: number) => boolean): void =>
    hec.refuse(({ event }) => (rule(Number(message.parse(event).message)) ? 15 : undefined));
  const { status } = fixture.work;

  refuseSome((number) => number % 3 === 0);
  for (let body = 0; body < bodies; body += 1) {
    const first = body * eventsEach;
    const events = audits(eventsEach, first).map((event, at) => ({ ...event, description: `${first + at}` }));
    await connector.post('AUDIT_LOG_ALL', events);
  }
  await until(async () => {
    const { destinations } = await status();
    return destinations.every(({ lag, counters }) => lag.bodies === 0 && counters.normalized === sent);
  }, 50);

  await disk?.sync();

  const rest = opened.move();
  return {
    ...fixture,
    ...{ hec, refuseSome, status },
    connector: () => connector,
    async prepareKill() {
      const cutPower = await disk?.armPowerCut();
      return async (commands) => {
        await cutPower?.();
        await connector.end('SIGKILL');
        await commands;
        await disk?.remount();
        connector = await fixture.start();
      };
    },
    async arrived() {
      const archive = await inFiles(join(directory, 'out'));
      return { archive: copiesBy(archive, 'id'), splunk: copiesBy(inHecFake(hec), 'id') };
    },
    startCommand: function startJobCommand(line) {
      const child = spawnConnector([...line.split(' '), '--json', '--config', configFile], secret, directory);
      let stdout = '';
      let stderr = '';
      const running = Promise.withResolvers<void>();
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (stdout.includes('"state":"running"')) running.resolve();
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
        running.resolve();
        const lines = stdout.split('\n').slice(0, -1);
        const jobs = lines.map((line) => routes.watchJob.response.parse(JSON.parse(line)));
        return { code: exit.parse(code ?? signal), jobs, stderr };
      });
      return { running: running.promise, ended, end: (signal) => void child.kill(signal) };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

const timeoutMs = 60_000;

async function until(isSo: () => boolean | Promise<boolean>, everyMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so after ${timeoutMs} ms: ${isSo}`);
    await setTimeout(everyMs);
  }
}

/** Resolves at a random moment within the next `most` requests of a job. */
export async function duringJob({ hec }: JobFixture, most: number): Promise<void> {
  const wanted = hec.requests.length + Math.floor(Math.random() * most);
  await until(() => hec.requests.length >= wanted, 1);
}
