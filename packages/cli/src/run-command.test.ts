import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { runTest } from './test-session.ts';

describe('finding the command', () => {
  it('without one: the list, 64; with --help: the list, 0', async () => {
    const none = await runTest([], {});
    const help = await runTest(['--help'], {});
    expect([none.code, help.code]).toEqual([64, 0]);
    expect(help.stdout).toEqual(none.stdout);
    for (const { name, summary } of commands) expect(help.text).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    expect(help.stdout.filter((line) => line.length > 80)).toEqual([]);
  });

  it('a group: its own list', async () => {
    const { code, text } = await runTest(['dlq', '--help'], {});
    expect(code).toBe(0);
    expect(text).toMatch(/^Usage: xiq-siem dlq /);
    expect(text).not.toContain('status');
  });

  it.each([[['nonsense']], [['dlq', 'nonsense']], [['destination']], [['toString']]])('%j: 64', async (message) => {
    const { code, stderr } = await runTest(message, {});
    expect(code).toBe(64);
    expect(stderr[0]).toBe(`there is no command ${message.join(' ')}`);
  });

  it('--help wins over all else, but not behind --', async () => {
    expect((await runTest(['trace', '--nonsense', '-h'], {})).stdout[0]).toBe(
      'Usage: xiq-siem trace RECEIPT|EVENT-ID [options]',
    );
    const traced = await runTest(['trace', '--', '--help'], { traceEvent: () => emptyTrace() });
    expect(traced.code).toBe(66);
  });

  it('a wrong argument: 64, and where help is', async () => {
    const { code, stderr } = await runTest(['jobs', 'watch', 'a', 'b'], {});
    expect([code, stderr]).toEqual([64, ['unexpected argument "b"', 'See: xiq-siem jobs watch --help']]);
  });

  it('a fault of ours is not dressed up', async () => {
    await expect(runTest(['check'], { check: () => Promise.reject(new TypeError('x')) })).rejects.toThrow(TypeError);
  });
});

async function* emptyTrace() {
  yield { kind: 'end', snapshot: false, found: 0, bodies: 0 } as const;
}

it('version and validate print JSON too', async () => {
  const { code, json } = await runTest(['version', '--json'], {});
  expect([code, json()]).toMatchObject([0, [{ node: process.versions.node }]]);
  const missing = await runTest(['validate', '--config', '/nowhere/c.yaml', '--json'], {});
  expect([missing.code, missing.json()]).toMatchObject([78, [{ ok: false, faults: [{ file: '/nowhere/c.yaml' }] }]]);
});
