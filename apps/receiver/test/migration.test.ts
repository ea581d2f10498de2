// The operator's view of a data directory of format 1 and of a damaged state file.
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routes } from '@xiq-siem/admin-api';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand, startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';

const format1 = new URL('../../../packages/state/src/fixtures/format-1', import.meta.url);

async function fixture(): Promise<TemporaryDirectory> {
  const made = await temporaryDirectory();
  onTestFinished(() => made.remove());
  return made;
}

async function status(here: TemporaryDirectory) {
  const { code, stdout } = await runCommand(['status', '--json', '--config', here.configFile], here.directory);
  return { code, status: routes.status.response.parse(JSON.parse(stdout)) };
}

it('a directory of format 1 is migrated once; unreadable parts are kept, and shown until they are acknowledged', async () => {
  const here = await fixture();
  const data = join(here.directory, 'data');
  await cp(format1, data, { recursive: true });
  const first = await startProcess(here);
  expect(first.output()).toMatch(/"event":"state.migrated","deadLetters":24,/);
  expect(await readFile(join(data, 'format'), 'utf8')).toBe('2\n');
  const incident = { id: 'state:1', kind: 'migrated', file: 'quarantine/format-1', lost: expect.any(Number) };
  expect(await status(here)).toMatchObject({
    code: 1,
    status: { incidents: [incident], deadLetters: { open: 24 }, notConfigured: [{ name: 'lab' }, { name: 'splunk' }] },
  });
  expect(await readdir(data)).toEqual(expect.not.arrayContaining(['dead-letters', 'jobs']));
  expect((await readdir(join(data, 'quarantine/format-1'))).sort()).toEqual(['dead-letters', 'jobs', 'positions']);
  const acknowledge = ['status', '--acknowledge', 'state:1', '--config', here.configFile];
  expect(await runCommand(acknowledge, here.directory)).toMatchObject({ code: 0 });
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await startProcess(here);
  expect(second.output()).not.toContain('state.migrat');
  expect((await status(here)).status).toMatchObject({ incidents: [], deadLetters: { open: 24 } });
  expect(await second.end('SIGTERM')).toBe(0);
});

it('a damaged state file is moved to quarantine, and the first line of status says so', async () => {
  const here = await fixture();
  expect(await (await startProcess(here)).end('SIGTERM')).toBe(0);
  const file = join(here.directory, 'data/state.sqlite');
  await truncate(file, 100);
  await writeFile(file, Buffer.alloc(5_000, 'x'));
  const connector = await startProcess(here);
  expect(connector.output()).toContain('"event":"state.damaged"');
  const shown = await runCommand(['status', '--config', here.configFile], here.directory);
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringMatching(/^LOST: the state file was damaged/) });
  const [kept = ''] = await readdir(join(here.directory, 'data/quarantine'));
  expect(shown.stdout).toContain(`moved to quarantine/${kept}`);
  expect(await connector.end('SIGTERM')).toBe(0);
});
