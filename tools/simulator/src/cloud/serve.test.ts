import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { json, text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UsageError } from '../options.ts';
import { parseServeOptions } from './serve-options.ts';

const main = join(import.meta.dirname, '..', 'main.ts');

function start(...args: string[]) {
  const child = spawn(execPath, [main, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it('prints its URL, listens, and ends at a signal', async () => {
  const child = start('--port', '0', '--json', '--clock-offset', '1h');
  const exit = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  const { url, username } = JSON.parse(String(line));
  expect(username).toBe('admin@acme.example');
  const status = await new Promise((resolve, reject) => {
    get(`${url}/_simulator`, { agent: false }, (response) => json(response).then(resolve, reject)).on('error', reject);
  });
  expect(status).toMatchObject({ clockOffsetMs: 3_600_000 });

  const second = start('--port', new URL(url).port);
  const [said, [code]] = await Promise.all([text(second.stderr), once(second, 'exit')]);
  expect([code, said]).toEqual([64, expect.stringContaining('EADDRINUSE')]);

  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

describe('its command line', () => {
  const parse = (...args: string[]) => parseServeOptions(['--port', '0', ...args], { TOKEN: 'abc', EMPTY: '' });

  it('has the defaults of a cloud', () => {
    expect(parse()).toMatchObject({
      json: false,
      cloud: { port: 0, seed: 1, generation: 'page', requestsPerHour: 7500, flow: { eventsPerSecond: 0 } },
    });
    expect(parse('--token-lifetime', '10m', '--api-token-env', 'TOKEN', '--auth', 'bearer')).toMatchObject({
      cloud: { tokenLifetimeSeconds: 600, accounts: [{ apiToken: 'abc' }], webhooks: { secretForm: 'bearer' } },
    });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    [['--generation', 'third'], /generation/],
    [['--clock-offset', 'soon'], /--clock-offset: expected a span/],
    [['--api-token-env', 'EMPTY'], /EMPTY is not set/],
    [['--types', 'NONE'], /types/],
    [['--rate=-1'], /eventsPerSecond/],
    [['--port', 'x'], /port/],
    [['--nonsense'], /--nonsense/],
  ])('reports the fault of %j', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
