// docs/guides/operating.md: every printed command can be run, and every metric exists.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { spawnConnector } from './connector-process.ts';
import { operatorFixture } from './operator-fixture.ts';

const textOf = (path: string) => readFile(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
const guide = await textOf('guides/operating.md');

/** Without comment and without --config. */
const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^xiq-siem (.*?) -c config\.yaml(?:\s+#.*)?$/gm)].map(([, line = '']) => line);
const commands = [...new Set(commandsIn(guide))];

/** Ok, needs an operator, or not found; but never a wrong command line. */
const answered = [0, 1, 66];

test('the commands', async () => {
  const archive = { type: 'file', directory: './out', minFreeBytes: 0 };
  await using fixture = await operatorFixture({
    destinations: { archive, elastic: { ...archive, directory: './second' } },
  });
  const connector = await fixture.start();
  expect(commands.length).toBeGreaterThan(15);
  for (const line of commands.filter((line) => !line.startsWith('tail '))) {
    const { code, output } = await fixture.run(line);
    expect(answered, `${line}: ${code} ${output}`).toContain(code);
  }
  expect(await connector.end('SIGTERM')).toBe(0);
});

test('the command that runs until Ctrl-C', async () => {
  await using fixture = await operatorFixture({
    destinations: { archive: { type: 'file', directory: './out', minFreeBytes: 0 } },
  });
  const connector = await fixture.start();
  const [line, ...more] = commands.filter((line) => line.startsWith('tail '));
  if (line === undefined || more.length > 0) throw new Error('the guide has one tail');
  const args = [...line.split(/\s+/), '--config', fixture.work.configFile];
  const tail = spawnConnector(args, fixture.work.secret, fixture.work.directory);
  const ended = new Promise((resolve) => tail.once('close', resolve));
  let output = '';
  tail.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const shown = async () => {
    await connector.post('AUTHENTICATION_LOG_ALL', [
      { timestamp: Date.now(), username: 'j.doe', reply: 'Access-Accept' },
    ]);
    return output;
  };
  await expect.poll(shown, { timeout: 20_000 }).toContain('extreme_xiq.auth');
  tail.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(await connector.end('SIGTERM')).toBe(0);
});

test('the metrics', async () => {
  const reference = await textOf('reference/metrics.md');
  const names = [...new Set(guide.match(/\bxiq_siem_\w+/g))];
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
});
