// A full or read-only disk: 503 and not ready, no event with a 202 response is lost, and no manual fix is needed.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ext4Disk, fillDisk, missingRequirement, tmpfsAt } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { lostMessages, problemsAfterRestart } from './after-restart.ts';
import { createClient, type Posted } from './client.ts';
import { startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';
import { postOne, type Receipts } from './load.ts';

const missingTools = missingRequirement('mount', 'loop');
beforeEach(({ skip }) => skip(missingTools !== undefined, missingTools));

const diskBytes = 8 * 1024 * 1024;
// The disk is the only limit.
const journal = 'journal: { segmentBytes: 65536, minFreeBytes: 0, retainForHours: 0, maxBytes: 1073741824 }';
const soon = { timeout: 15_000, interval: 50 };
const refused = { status: 503, retryAfter: '5' };
const notReady = { status: 503, body: expect.stringMatching(/disk_full|journal_unwritable/) };

interface Running {
  /** Posts one body after another, of up to 12 kB. */
  post(): Promise<Posted>;
  /** Posts until a body is refused. */
  postUntilRefused(): Promise<Posted>;
  readyz(): Promise<{ readonly status: number; readonly body: string }>;
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

async function started(fixture: TemporaryDirectory, receipts: Receipts): Promise<Running> {
  const connector = await startProcess(fixture);
  const client = createClient(connector.url, fixture.secret);
  onTestFinished(async () => {
    client.close();
    await connector.end('SIGKILL');
  });
  let number = 0;
  const post = () => postOne(client, `pid ${connector.pid}`, number++, receipts, 'x'.repeat(4_000));
  return {
    post,
    async postUntilRefused() {
      for (;;) {
        const response = await post();
        if (response.receipt === undefined) return response;
      }
    },
    readyz: () => client.get(`${connector.adminUrl}/readyz`),
    end: connector.end,
  };
}

async function makeTemporaryDirectory(yaml = '', parent?: string): Promise<TemporaryDirectory> {
  const fixture = await temporaryDirectory(`${journal}\n${yaml}`, {}, parent);
  onTestFinished(() => fixture.remove());
  const text = await readFile(fixture.configFile, 'utf8');
  await writeFile(
    fixture.configFile,
    text.replace('minFreeBytes: 0 }', 'minFreeBytes: 0, retry: { initialMs: 200, maxMs: 200 } }'),
  );
  return fixture;
}

/** The journal has its own disk. The destination is down: a file exists in place of its directory. */
async function withDestinationDown(): Promise<{
  fixture: TemporaryDirectory;
  data: string;
  bringBack: () => Promise<void>;
}> {
  const fixture = await makeTemporaryDirectory();
  const data = join(fixture.directory, 'data');
  const out = join(fixture.directory, 'out');
  await tmpfsAt(data, diskBytes, onTestFinished);
  await writeFile(out, '');
  return { fixture, data, bringBack: () => rm(out) };
}

/** It accepts bodies again without help: some while disk space is being freed, then all. */
async function expectAccepted({ readyz, post, end }: Running): Promise<void> {
  await expect.poll(readyz, soon).toMatchObject({ status: 200 });
  const takenOf20 = async () => {
    let taken = 0;
    for (let bodies = 0; bodies < 20; bodies += 1) if ((await post()).status === 202) taken += 1;
    return taken;
  };
  await expect.poll(takenOf20, soon).toBe(20);
  expect(await end('SIGTERM')).toBe(0);
}

it('a disk that others fill gets 503 until it has space again, and every event with a 202 response is delivered', async () => {
  const disk = join((await makeTemporaryDirectory()).directory, 'disk');
  await tmpfsAt(disk, diskBytes, onTestFinished);
  const fixture = await makeTemporaryDirectory('', disk);
  const receipts: Receipts = new Map();
  const connector = await started(fixture, receipts);
  for (let bodies = 0; bodies < 200; bodies += 1) expect(await connector.post()).toMatchObject({ status: 202 });

  const ballast = join(disk, 'ballast');
  // Repeatedly: the connector frees space by removing settled segments while there are any.
  const full =
    <T>(look: () => Promise<T>) =>
    async () => {
      await fillDisk(ballast);
      return look();
    };
  await expect.poll(full(connector.post), soon).toMatchObject(refused);
  await expect.poll(full(connector.readyz), soon).toMatchObject(notReady);

  await rm(ballast);
  await expectAccepted(connector);
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});

it('a disk that the journal filled while its destination was down is freed when the destination is back', async () => {
  const { fixture, bringBack } = await withDestinationDown();
  const receipts: Receipts = new Map();
  const connector = await started(fixture, receipts);
  expect(await connector.postUntilRefused()).toMatchObject(refused);
  expect(receipts.size * 12_000).toBeGreaterThan(diskBytes);
  await expect.poll(connector.readyz, soon).toMatchObject(notReady);

  await bringBack();
  await expectAccepted(connector);
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'a connector that ended by %s starts on its full disk, delivers, and accepts bodies again',
  async (signal) => {
    const { fixture, data, bringBack } = await withDestinationDown();
    const receipts: Receipts = new Map();
    const first = await started(fixture, receipts);
    await first.postUntilRefused();
    await first.end(signal);
    await fillDisk(join(data, 'ballast'));

    const second = await started(fixture, receipts);
    // Opening the state file may have freed some space.
    await second.postUntilRefused();
    await expect.poll(second.readyz, soon).toMatchObject(notReady);
    await bringBack();
    await expectAccepted(second);
    expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
  },
);

it('on a read-only disk webhooks get 503, stored events are delivered, and the process keeps running', async () => {
  const disk = await ext4Disk(onTestFinished);
  const fixture = await makeTemporaryDirectory(`dataDirectory: ${join(disk.path, 'data')}`);
  const out = join(fixture.directory, 'out');
  await writeFile(out, '');
  const receipts: Receipts = new Map();
  const connector = await started(fixture, receipts);
  for (let bodies = 0; bodies < 50; bodies += 1) expect(await connector.post()).toMatchObject({ status: 202 });

  await disk.becomeReadOnly();
  expect(await connector.post()).toMatchObject(refused);
  expect(await connector.readyz()).toMatchObject({ status: 503 });
  await rm(out);
  await expect.poll(() => lostMessages(fixture, receipts), soon).toEqual([]);
  const { status, body } = await connector.readyz();
  expect(status).toBe(503);
  expect(body).not.toContain('stopping');

  // An aborted ext4 must be unmounted before it is fixed.
  await connector.end('SIGKILL');
  await disk.remount();
  await expectAccepted(await started(fixture, receipts));
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});
