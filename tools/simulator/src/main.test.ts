import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');

function simulate(...args: string[]) {
  const child = spawn(execPath, [main, ...args], { env: { SECRET: 'hunter2' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { child, ended: ended.then(([stdout, stderr, [code]]) => ({ stdout, stderr, code })) };
}

/** A server that responds with `status`; `atCall` gets the number of each call. */
async function urlOfServer(status: number, atCall: (number: number) => void = () => {}): Promise<string> {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume();
    calls += 1;
    atCall(calls);
    response.writeHead(status).end('{"receipt":"r1_x"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/webhooks/xiq`;
}

it('exits 0 with a summary if every response is 202', async () => {
  const url = await urlOfServer(202);
  const { stdout, code } = await simulate('--secret-env', 'SECRET', '--url', url, '--rate', '0', '--json').ended;
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, events: 100, lastReceipt: 'r1_x' });
  expect(code).toBe(0);
});

it('exits 1 otherwise, and reports the responses, without the secret', async () => {
  const url = await urlOfServer(401);
  const { stdout, stderr, code } = await simulate('--secret-env', 'SECRET', '--url', url, '--rate', '0').ended;
  expect(stdout).toMatch(/responses 401: \d+\n/);
  expect(stdout + stderr).not.toContain('hunter2');
  expect(code).toBe(1);
});

it('sends scenarios, and says what a query must find', async () => {
  const url = await urlOfServer(202);
  const args = ['--secret-env', 'SECRET', '--url', url, '--rate', '0', '--scenario', 'brute-force,gdpr'];
  expect(JSON.parse((await simulate(...args, '--json').ended).stdout)).toMatchObject({
    ok: true,
    events: 23,
    scenarios: [
      { scenario: 'brute-force', rejects: 12 },
      { scenario: 'gdpr', erasures: 1 },
    ],
  });
  expect((await simulate(...args).ended).stdout).toMatch(/^scenario {2}\{"scenario":"gdpr"/m);
});

it('exits 64 for a wrong command line, and 0 with the help', async () => {
  expect(await simulate('--nonsense').ended).toMatchObject({ code: 64, stderr: expect.stringContaining('--nonsense') });
  expect(await simulate('--help').ended).toMatchObject({ code: 0, stdout: expect.stringContaining('--seed') });
});

it('prints the summary at Ctrl-C', async () => {
  let interrupt = () => {};
  const url = await urlOfServer(202, (number) => number === 5 && interrupt());
  const { child, ended } = simulate('--secret-env', 'SECRET', '--url', url, '--count', '0', '--rate', '200');
  interrupt = () => void child.kill('SIGINT');
  const { stdout, code } = await ended;
  expect(stdout).toMatch(/responses 202: \d+\n/);
  expect(code).toBe(0);
});
