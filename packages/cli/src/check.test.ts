import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

describe('check', () => {
  const response = (ok: boolean) => ({
    snapshot: false,
    destinations: [
      { name: 'archive', type: 'file', ok: true, message: 'writable' },
      { name: 'elastic', type: 'elasticsearch', ok, message: 'key \u001b[2J expired' },
    ],
  });

  it('exits 0 if every destination is ready, else 1', async () => {
    expect((await runTest(['check'], { check: async () => response(true) })).code).toBe(0);
    const { code, stdout } = await runTest(['check'], { check: async () => response(false) });
    expect([code, stdout]).toEqual([
      1,
      ['ok    archive (file): writable', 'FAIL  elastic (elasticsearch): key \\u001b[2J expired'],
    ]);
    const warned = { name: 'elastic', type: 'elasticsearch', ok: true, warning: true, message: 'slow' } as const;
    const answer = { snapshot: false, destinations: [warned] };
    const { code: ready, stdout: lines } = await runTest(['check'], { check: async () => answer });
    expect([ready, lines]).toEqual([0, ['WARN  elastic (elasticsearch): slow']]);
    const { code: same, json } = await runTest(['check', '--json'], { check: async () => response(false) });
    expect([same, json()]).toEqual([1, [response(false)]]);
  });
});
