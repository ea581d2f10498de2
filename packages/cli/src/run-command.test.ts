import type { UnmappedLine } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { lines, runTest } from './test-session.ts';

describe('run a command', () => {
  it('without a command it prints the list: 64; with --help: 0', async () => {
    const none = await runTest([], {});
    const help = await runTest(['--help'], {});
    expect([none.code, help.code]).toEqual([64, 0]);
    expect(help.stdout).toEqual(none.stdout);
    for (const { name, summary } of commands) expect(help.text).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    expect(help.stdout.filter((line) => line.length > 80)).toEqual([]);
  });

  it('the help of a group lists its commands', async () => {
    const { code, text } = await runTest(['dlq', '--help'], {});
    expect(code).toBe(0);
    expect(text).toMatch(/^Usage: xiq-siem dlq /);
    expect(text).not.toContain('status');
  });

  it.each([[['nonsense']], [['dlq', 'nonsense']], [['destination']], [['toString']]])('%j: 64', async (args) => {
    const { code, stderr } = await runTest(args, {});
    expect(code).toBe(64);
    expect(stderr[0]).toBe(`unknown command: ${args.join(' ')}`);
  });

  it('--help overrides all other arguments, but not after --', async () => {
    expect((await runTest(['trace', '--nonsense', '-h'], {})).stdout[0]).toBe(
      'Usage: xiq-siem trace RECEIPT|EVENT-ID [options]',
    );
    const traced = await runTest(['trace', '--', '--help'], { traceEvent: () => emptyTrace() });
    expect(traced.code).toBe(66);
  });

  it('the former name of a command works, with a notice, and is not in the list', async () => {
    const unmapped = () => lines<UnmappedLine>({ kind: 'end', snapshot: false, types: [], authentication: [] });
    const { code, stdout, stderr } = await runTest(['shapes'], { unmapped });
    expect([code, stderr]).toEqual([0, ['The command shapes was renamed: use xiq-siem unmapped.']]);
    expect(stdout[0]).toBe('The mapping knows every field.');
    expect((await runTest(['shapes', '--help'], {})).stdout[0]).toBe('Usage: xiq-siem unmapped [options]');
    expect((await runTest(['--help'], {})).text).not.toContain('shapes');
  });

  it('a wrong argument: 64, and the command that shows the help', async () => {
    const { code, stderr } = await runTest(['jobs', 'watch', 'a', 'b'], {});
    expect([code, stderr]).toEqual([64, ['unexpected argument "b"', 'See: xiq-siem jobs watch --help']]);
  });

  it('an internal error is not changed', async () => {
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
