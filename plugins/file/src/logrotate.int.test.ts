// The real logrotate under load: every delivered event is in the union of the files.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingRequirement } from '@xiq-siem/testkit';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { configOf, temporaryDirectory, testContext } from './test-context.ts';
import { deliverDuring, eventsBelow } from './test-rotation.ts';

const run = promisify(execFile);
const missing = missingRequirement('logrotate');
beforeEach(({ skip }) => skip(missing !== undefined, missing));
const rotations = 30;

it.each([
  ['create', 'create 0600'],
  ['nocreate', 'nocreate'],
  ['create and compress at once', 'create 0600\ncompress'],
  ['create in another directory', 'create 0600\nolddir old'],
  ['extension', 'create 0600\nextension .ndjson'],
  ['copytruncate', 'copytruncate'],
  ['copytruncate and compress', 'copytruncate\ncompress'],
])('L10: logrotate with %s loses nothing', async (_, directives) => {
  const parent = await temporaryDirectory(onTestFinished);
  const directory = join(parent, 'out');
  await mkdir(join(directory, 'old'), { recursive: true, mode: 0o700 });
  const conf = join(parent, 'logrotate.conf');
  await writeFile(conf, `"${directory}/*.ndjson" {\nsize 1\nrotate 100\nmissingok\n${directives}\n}\n`, {
    mode: 0o600,
  });
  const { context: base, counted } = testContext();
  const context = { ...base, now: Date.now };
  const destination = createFileDestination(configOf(directory), context);
  const sent = await deliverDuring(destination, async (nextDelivery) => {
    for (let done = 0; done < rotations; done++) {
      await nextDelivery();
      await run('logrotate', ['--state', join(parent, 'state'), conf], {
        env: { PATH: `${process.env['PATH']}:/usr/sbin` },
      });
      // As a postrotate script does by SIGHUP.
      if (done % 2 === 0) await destination.reopen?.();
    }
  });
  const { ids } = await eventsBelow(parent);
  expect(sent.filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(sent.length);
  // A rotation between closing and opening needs no notice.
  const noticed = ['moved', 'deleted', 'truncated'].map((reason) => counted[`file_changes ${reason}`] ?? 0);
  expect(noticed.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
});
