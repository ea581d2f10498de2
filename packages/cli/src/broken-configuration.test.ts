import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { audit, destinations, type Fixture, openFixture, verdictWhere } from '@xiq-siem/queries/test-queries';
import { expect, it, onTestFinished } from 'vitest';
import { openOperations } from './open-operations.ts';
import { runCommand } from './run-command.ts';
import { product, testTerminal } from './test-session.ts';

/** A stopped connector with one delivered event and one dead letter. */
async function stopped(): Promise<Fixture> {
  const fixture = await openFixture(destinations('one'));
  onTestFinished(() => fixture[Symbol.asyncDispose]());
  fixture.siem('one').response = verdictWhere('rejected', (json) => json.includes('number 2'));
  await fixture.keep([audit(1), audit(2)]);
  await fixture.settled();
  await fixture.stop();
  return fixture;
}

async function run(...args: readonly string[]) {
  const terminal = testTerminal();
  const code = await runCommand(args, {
    terminal,
    product,
    open: (given, purpose) => openOperations(product, given, purpose),
  });
  return { code, text: terminal.stdout.join('\n'), errors: terminal.stderr.join('\n') };
}

const broken: readonly (readonly [string, string])[] = [
  ['a wrong type', 'dataDirectory: ./data\ndestinations: { one: { type: nothing } }\n'],
  ['an unknown key', 'dataDirectory: ./data\nsorces: {}\n'],
  ['no YAML', 'dataDirectory: ./data\ndestinations: { one: [\n'],
];

it.each(broken)('with %s in the configuration, status and dlq read the files', async (_what, yaml) => {
  const fixture = await stopped();
  await writeFile(fixture.file, yaml);
  const status = await run('status', '--config', fixture.file);
  expect(status.code).toBe(1);
  expect(status.errors).toBe(
    `${fixture.file} is invalid: run xiq-siem validate. Only the data directory ${fixture.data.path} is used.`,
  );
  expect(status.text).toMatch(/one +unknown/);
  expect(status.text).toContain('Delivered means unknown at one.');
  expect(status.text).toContain('1 dead letter. Next: xiq-siem dlq list --destination one');
  expect(status.text).not.toContain('destination forget');
  const list = await run('dlq', 'list', '--config', fixture.file, '--json');
  expect(list.code).toBe(0);
  expect(JSON.parse(list.text)).toMatchObject({ open: 1, entries: [{ destination: 'one', code: 'bad' }] });
  const [{ number }] = JSON.parse(list.text).entries;
  expect((await run('dlq', 'show', String(number), '--config', fixture.file)).text).toContain('no such field');
});

it('a command that needs the configuration prints its errors: exit 78', async () => {
  const fixture = await stopped();
  await writeFile(fixture.file, 'dataDirectory: ./data\nsorces: {}\n');
  const receipt = 'r1_pazS8ycQo9oAAAAAAAAAAQ';
  for (const args of [
    ['tail'],
    ['dlq', 'retry'],
    ['check'],
    ['reload'],
    ['doctor'],
    ['unmapped'],
    ['trace', receipt],
  ]) {
    const { code, errors } = await run(...args, '--config', fixture.file);
    expect([args[0], code]).toEqual([args[0], 78]);
    expect(errors.match(/sorces: unknown key/g)).toHaveLength(1);
  }
});

it('--data is used if the configuration names no data directory; without it: exit 78', async () => {
  const fixture = await stopped();
  await writeFile(fixture.file, 'sources: "xiq\ndataDirectory: ./data\n');
  const { code, errors, text } = await run('status', '--config', fixture.file);
  expect([code, text]).toEqual([78, '']);
  expect(errors).toContain(`${fixture.file}:`);
  const status = await run('status', '--config', fixture.file, '--data', fixture.data.path);
  expect(status.code).toBe(1);
  expect(status.text).toContain(`snapshot of a stopped connector (${fixture.data.path})`);
  expect(status.text).toMatch(/one +unknown/);
});

it('a missing data directory does not hide the errors of the configuration', async () => {
  const fixture = await stopped();
  await writeFile(fixture.file, 'dataDirectory: ./elsewhere\nsorces: {}\n');
  const { code, errors } = await run('status', '--config', fixture.file);
  expect([code, errors]).toEqual([78, expect.stringContaining('sorces: unknown key')]);
});

it('prints that the default data directory is used', async () => {
  const fixture = await stopped();
  await writeFile(fixture.file, 'datadirectory: ./elsewhere\n');
  const { code, errors } = await run('dlq', '--config', fixture.file);
  expect([code, errors]).toEqual([
    0,
    expect.stringContaining(`Only the default data directory ${fixture.data.path} is`),
  ]);
});

it('an empty --data is rejected', async () => {
  expect(await run('status', '--data', '')).toMatchObject({
    code: 64,
    errors: expect.stringContaining('--data needs'),
  });
});

it('--data overrides a valid configuration', async () => {
  const fixture = await stopped();
  await writeFile(
    fixture.file,
    JSON.stringify({ dataDirectory: './elsewhere', destinations: { one: { type: 'file', directory: './out' } } }),
  );
  const status = await run('status', '--config', fixture.file, '--data', fixture.data.path);
  expect(status.errors).toBe('');
  expect(status.text).toContain(`snapshot of a stopped connector (${fixture.data.path})`);
  expect(status.text).toContain('Delivered means stored at one.');
});

it('a running connector is called even if its configuration file is invalid now', async () => {
  const fixture = await stopped();
  const before = await readFile(fixture.file, 'utf8');
  const requests: unknown[] = [];
  const server = createServer(({ url }, response) => {
    requests.push(url);
    const content = url?.endsWith('/jobs') === true ? { jobs: [] } : { destinations: [] };
    response.end(JSON.stringify({ snapshot: false, ...content }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const admin = { url: `http://127.0.0.1:${address.port}`, pid: 1, token: 'x'.repeat(32) };
  await writeFile(join(fixture.data.path, 'admin.json'), JSON.stringify(admin));
  await writeFile(fixture.file, `${before}\nsorces: [`);
  const lenient = await run('jobs', '--config', fixture.file, '--data', fixture.data.path);
  expect([lenient.code, lenient.text, lenient.errors]).toEqual([0, 'No jobs.', '']);
  await writeFile(fixture.file, 'dataDirectory: ./data\nsorces: {}\n');
  const { code, text, errors } = await run('jobs', '--config', fixture.file);
  expect([code, text]).toEqual([0, 'No jobs.']);
  expect(errors).toContain('is invalid: run xiq-siem validate');
  expect(requests).toHaveLength(4);
  // Also a command that needs the configuration of a stopped connector.
  const check = await run('check', '--config', fixture.file);
  expect([check.code, check.errors]).toEqual([0, expect.stringContaining('is invalid: run xiq-siem validate')]);
});
