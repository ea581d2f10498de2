// The system clock of a running connector is set a year forward and back, with libfaketime.
import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from './client.ts';
import { runCommand, startProcess, temporaryDirectory } from './connector-process.ts';

// `apt-get install faketime`
const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const library = `/usr/lib/${architecture}-linux-gnu/faketime/libfaketime.so.1`;
const soon = { timeout: 30_000, interval: 100 };

it.each(['+365d', '-365d'])(
  'L11: a clock step of %s deletes nothing, stops nothing, and is shown until it ends',
  async (step) => {
    await access(library);
    const yaml =
      'journal: { minFreeBytes: 0, segmentBytes: 4096, retainForHours: 1 }\nhealthEvents: { enabled: false }';
    const work = await temporaryDirectory(yaml);
    onTestFinished(() => work.remove());
    const clockFile = join(work.directory, 'clock');
    const setClock = (by: string): Promise<void> => writeFile(clockFile, `${by}\n`);
    await setClock('+0d');
    const connector = await startProcess(work, [], {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    const client = createClient(connector.url, work.secret);
    onTestFinished(() => client.close());
    let posted = 0;
    const postAndDeliver = async (count: number): Promise<void> => {
      for (const end = posted + count; posted < end; posted += 1) {
        const body = JSON.stringify([{ id: posted, timestamp: 1_790_000_000_000, description: 'x'.repeat(2_000) }]);
        expect(await client.post('/webhooks/xiq/AUDIT_LOG_ALL', body)).toMatchObject({ status: 202 });
      }
      await expect.poll(async () => (await work.documents()).length, soon).toBe(posted);
    };
    const segments = async () =>
      (await readdir(join(work.directory, 'data/journal'))).filter((name) => name.endsWith('.segment'));
    const status = () => runCommand(['status', '--config', work.configFile], work.directory);

    await postAndDeliver(10);
    const before = await segments();
    expect(before.length).toBeGreaterThan(3);
    expect(await status()).toMatchObject({ code: 0 });
    await setClock(step);
    await expect.poll(connector.output, soon).toContain('"event":"clock.stepped"');
    await postAndDeliver(10);
    expect(await segments()).toEqual(expect.arrayContaining(before));
    expect(await status()).toMatchObject({ code: 1, output: expect.stringContaining('the clock was set') });

    await setClock('+0d');
    await expect.poll(connector.output, soon).toContain('"event":"clock.step_ended"');
    await postAndDeliver(5);
    expect(await segments()).toEqual(expect.arrayContaining(before));
    expect(await status()).toMatchObject({ code: 0 });
    expect(await connector.end('SIGTERM')).toBe(0);

    // A start with a wrong clock waits for a day.
    await setClock('+365d');
    const again = await startProcess(work, [], {
      LD_PRELOAD: library,
      FAKETIME: '+365d',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    expect(await status()).toMatchObject({ code: 0 });
    expect(await segments()).toEqual(expect.arrayContaining(before));
    expect(await again.end('SIGTERM')).toBe(0);
    expect(await work.documents()).toHaveLength(posted);
  },
  120_000,
);
