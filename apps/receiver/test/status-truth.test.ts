// A running connector tells the truth: `status`, readiness, metrics and log name the same problems.
import { writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createClient } from './client.ts';
import { runCommand, startProcess, type TemporaryDirectory, temporaryDirectory } from './connector-process.ts';

const event = '{"timeStamp":1636337187553,"userId":6553,"code":10001,"description":"Logged in"}';
const path = '/webhooks/xiq/AUDIT_LOG_ALL';
const readiness = z.looseObject({
  status: z.string(),
  problems: z.array(z.looseObject({ code: z.string() })),
});

async function fixture(): Promise<TemporaryDirectory> {
  const made = await temporaryDirectory();
  onTestFinished(() => made.remove());
  return made;
}

const statusOf = (here: TemporaryDirectory, ...args: readonly string[]) =>
  runCommand(['status', ...args, '--config', here.configFile], here.directory);

it('Operator: 80 webhooks with a wrong secret are the first line, exit 1, a metric, and lines in the log', async () => {
  const here = await fixture();
  const connector = await startProcess(here);
  const good = createClient(connector.url, here.secret);
  expect((await good.post(path, event)).status).toBe(202);
  expect(await statusOf(here)).toMatchObject({ code: 0, output: expect.stringMatching(/^Nothing is lost: every/) });
  const wrong = createClient(connector.url, 'not-the-secret');
  for (let count = 0; count < 80; count += 1) await wrong.post(path, event);
  const { code, output } = await statusOf(here);
  expect(code).toBe(1);
  expect(output).toMatch(/^REFUSED: 80 requests to source xiq \(wrong secret or none\)\n/);
  expect(output).toMatch(/Last webhook: xiq \d/);
  const ready = readiness.parse(JSON.parse((await good.get(`${connector.adminUrl}/readyz`)).body));
  expect(ready).toMatchObject({ status: 'ready', problems: [{ code: 'credentials_refused' }] });
  const metrics = (await good.get(`${connector.adminUrl}/metrics`)).body;
  expect(metrics).toMatch(/^xiq_siem_problems\{.*code="credentials_refused".*\} 1$/m);
  expect(metrics).toMatch(/^xiq_siem_problems\{.*code="not_accepting".*\} 0$/m);
  const lines = connector
    .output()
    .split('\n')
    .filter((line) => line.includes('webhook.refused'));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('"address":"127.0.0.1"');
  good.close();
  wrong.close();
  await connector.end('SIGTERM');
  // The remaining number is logged at the end.
  const counts = [...connector.output().matchAll(/webhook\.refused.*"requests":(\d+)/g)].map(([, count]) =>
    Number(count),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(80);
});

it('Operator: `where` that matches nothing is the first line; after a stop the last webhook is known', async () => {
  const here = await fixture();
  const destination = '{ type: file, directory: ./out, minFreeBytes: 0, where: { datasets: [audit] } }';
  await writeFile(
    here.configFile,
    `server: { port: 0 }\nadmin: { port: 0 }\ndestinations: { archive: ${destination} }\n` +
      'sources: { xiq: { type: xiq, secrets: [ { env: XIQ_TEST_SECRET } ] } }\n',
  );
  const validated = await runCommand(['validate', '--config', here.configFile], here.directory);
  expect(validated).toMatchObject({ code: 0, output: expect.stringContaining('did you mean extreme_xiq.audit?') });
  const connector = await startProcess(here);
  const client = createClient(connector.url, here.secret);
  await client.post(path, event);
  client.close();
  const { code, output } = await statusOf(here);
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/^ALL FILTERED: archive can get no event, no destination acc/),
  ]);
  await connector.end('SIGTERM');
  const stopped = await statusOf(here);
  expect([stopped.code, stopped.output]).toEqual([
    1,
    expect.stringMatching(/^NOT RUNNING: .*; 2 other problems\nNot run/),
  ]);
  expect(stopped.output).toMatch(/Last webhook: xiq \d+/);
});
