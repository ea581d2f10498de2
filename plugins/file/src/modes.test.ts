import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from './test-context.ts';

const child = join(import.meta.dirname, 'test-crash-child.ts');
const run = 'umask "$1" && exec "$2" "$3" "$4" run';
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

// Runs in its own process: a worker thread has no umask.
it.each(['000', '022', '077'])('creates files of mode 600 in directories of mode 700 under umask %s', async (umask) => {
  const base = await temporaryDirectory(onTestFinished);
  const directory = join(base, 'parent', 'out');
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const process = spawn('sh', ['-c', run, 'sh', umask, execPath, child, directory], { stdio: [...stdio] });
  onTestFinished(() => void process.kill('SIGKILL'));
  const ids = createInterface(process.stdout)[Symbol.asyncIterator]();
  // Ten batches of 20 events and 60 kB fill four files.
  for (let id = 0; id < 200; id++) expect(await ids.next()).toMatchObject({ done: false });
  process.kill('SIGKILL');
  await once(process, 'exit');

  const files = await readdir(directory);
  expect(files.length).toBeGreaterThan(3);
  const paths = [join(base, 'parent'), directory, ...files.map((name) => join(directory, name))];
  expect(await Promise.all(paths.map(modeOf))).toEqual(['700', '700', ...files.map(() => '600')]);
});
