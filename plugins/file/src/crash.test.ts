import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import { createFileDestination } from './file-destination.ts';
import { batchOf, configOf, filesIn, idsIn, noSignal, temporaryDirectory, testContext } from './test-context.ts';

const child = join(import.meta.dirname, 'test-crash-child.ts');

it('has every event that was reported as delivered, and no incomplete line, after kill -9 at any time', async () => {
  const directory = await temporaryDirectory(onTestFinished);
  const reported: string[] = [];
  for (let kill = 0; kill < 12; kill++) {
    const process = spawn(execPath, [child, directory, `run${kill}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    // Each round kills the process at another point of another batch.
    const batches = 1 + (kill % 4);
    let printed = '';
    for await (const chunk of process.stdout.setEncoding('utf8')) {
      printed += chunk;
      if (printed.split('\n').length > batches * 20) setTimeout(() => process.kill('SIGKILL'), kill);
    }
    if (process.signalCode === null) await once(process, 'exit');
    expect(process.signalCode).toBe('SIGKILL');
    reported.push(...printed.split('\n').slice(0, -1));

    const ids = new Set(await idsIn(directory));
    expect(reported.filter((id) => !ids.has(id))).toEqual([]);
  }
  expect(reported.length).toBeGreaterThan(12 * 20);

  const destination = createFileDestination(configOf(directory), testContext().context);
  await destination.deliver(batchOf(['last']), noSignal);
  await destination.close?.();
  for (const name of await filesIn(directory)) {
    expect((await readFile(join(directory, name), 'utf8')).endsWith('\n')).toBe(true);
  }
  expect((await idsIn(directory)).at(-1)).toBe('last');
});
