// The process is killed at a chosen system call, or a call fails: every event with a 202 response is in the output later.
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { injectInto, injecting, missingRequirement } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { lostMessages, problemsAfterRestart } from './after-restart.ts';
import { createClient } from './client.ts';
import { startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';
import { postOne, type Receipts, startLoad } from './load.ts';

const missingTools = missingRequirement('strace');
beforeEach(({ skip }) => skip(missingTools !== undefined, missingTools));

async function makeTemporaryDirectory(journal: string): Promise<TemporaryDirectory> {
  const fixture = await temporaryDirectory(`shutdownGraceMs: 2000\njournal: { minFreeBytes: 0, ${journal} }`);
  onTestFinished(() => fixture.remove());
  return fixture;
}

/** Runs under load until the tracer kills it, maybe before it listens. */
async function runUntilKilled(fixture: TemporaryDirectory, expression: string, receipts: Receipts): Promise<void> {
  const connector = await startProcess(fixture, injecting(expression)).catch((error: unknown) => {
    expect(String(error), expression).toContain('ended with SIGKILL before it listened');
  });
  if (connector === undefined) return;
  onTestFinished(async () => void (await connector.end('SIGKILL')));
  const load = startLoad(fixture, connector, expression, receipts, 8);
  const bounded = setTimeout(() => void connector.end('SIGTERM'), 15_000);
  expect(await connector.ended, `${expression} has not killed it:\n${connector.output()}`).toBe('SIGKILL');
  clearTimeout(bounded);
  await load.ended;
}

/** An incomplete group of records and an incomplete line, as after a crash. */
async function tearTails({ directory }: TemporaryDirectory): Promise<void> {
  for (const [folder, ending] of [
    ['data/journal', '.segment'],
    ['out', '.ndjson'],
  ] as const) {
    const names = (await readdir(join(directory, folder))).filter((name) => name.endsWith(ending)).sort();
    await appendFile(join(directory, folder, names.at(-1) ?? 'none'), 'torn');
  }
}

// The first calls are those on a new data directory, the last ones those of a start after the earlier kills.
it.each([
  ['rename', [1, 1]],
  ['fdatasync', [1, 2, 3, 4, 6, 9, 60]],
  ['fsync', [1, 3, 5, 7]],
  ['pwrite64', [1, 2, 3, 5, 8, 70]],
  ['write', [1, 2, 4, 60]],
  ['unlink', [1, 2, 4]],
] as const)('a kill at each of many calls of %s loses nothing', { timeout: 60_000 }, async (call, moments) => {
  const fixture = await makeTemporaryDirectory('segmentBytes: 65536, retainForHours: 0');
  const receipts: Receipts = new Map();
  for (const moment of moments) await runUntilKilled(fixture, `${call}:signal=KILL:when=${moment}`, receipts);
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});

it('a kill at each cut of a torn tail loses nothing', async () => {
  const fixture = await makeTemporaryDirectory('segmentBytes: 65536, retainForHours: 0');
  const receipts: Receipts = new Map();
  const connector = await startProcess(fixture);
  const load = startLoad(fixture, connector, 'before', receipts);
  await load.reached(50);
  // The output has a file.
  await expect.poll(() => lostMessages(fixture, new Map([...receipts].slice(0, 1)))).toEqual([]);
  await connector.end('SIGKILL');
  await load.ended;
  for (const moment of [1, 2]) {
    await tearTails(fixture);
    await runUntilKilled(fixture, `ftruncate:signal=KILL:when=${moment}`, receipts);
  }
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});

it('a journal whose disk fails without load also ends the process with 74', { timeout: 20_000 }, async () => {
  const fixture = await makeTemporaryDirectory('retainForHours: 1, segmentBytes: 16384');
  const connector = await startProcess(fixture);
  onTestFinished(async () => void (await connector.end('SIGKILL')));
  const client = createClient(connector.url, fixture.secret);
  onTestFinished(client.close);
  // The maintenance of the journal creates the next segment.
  await injectInto(connector.pid, join(fixture.directory, 'data/journal'), 'fsync:error=EIO', onTestFinished);
  const receipts: Receipts = new Map();
  expect(await postOne(client, 'last', 0, receipts, 'x'.repeat(20_000))).toMatchObject({ status: 202 });
  expect(await connector.ended, connector.output()).toBe(74);
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});

// Segment writes are synced by the same call: pwrite64 on a file opened with O_DSYNC.
it('a journal whose synced write fails acknowledges nothing, ends the process with 74, and loses nothing', async () => {
  const fixture = await makeTemporaryDirectory('retainForHours: 1');
  const receipts: Receipts = new Map();
  const connector = await startProcess(fixture);
  onTestFinished(async () => void (await connector.end('SIGKILL')));
  const load = startLoad(fixture, connector, 'before', receipts);
  await load.reached(50);
  await load.stop();
  const journal = join(fixture.directory, 'data/journal');
  const [segment] = (await readdir(journal)).filter((name) => name.endsWith('.segment'));
  await injectInto(connector.pid, join(journal, segment ?? 'none'), 'pwrite64:error=EIO', onTestFinished);

  const client = createClient(connector.url, fixture.secret);
  onTestFinished(client.close);
  const before = performance.now();
  expect(await postOne(client, 'refused', 0, receipts)).toMatchObject({ status: 503, retryAfter: '5' });
  expect(await connector.ended, connector.output()).toBe(74);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(connector.output()).toContain('EIO');
  expect(await problemsAfterRestart(fixture, receipts)).toEqual([]);
});
