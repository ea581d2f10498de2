import type { TailLine } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { textWidth } from './terminal/text-width.ts';
import { lines, runTest } from './test-session.ts';

describe('tail', () => {
  const line = (document: Record<string, unknown>): TailLine => ({ kind: 'document', source: 'xiq', document });
  const login = line({
    ...{ '@timestamp': '2026-11-24T11:59:00.000Z', message: 'Logged in \u001b[2J\nwith privileges '.repeat(5) },
    ...{ event: { dataset: 'extreme_xiq.audit', action: 'admin-login', outcome: 'success' }, user: { name: 'eve' } },
  });

  it('prints one line per document, until Ctrl-C: 130', async () => {
    const requests: unknown[] = [];
    const controller = new AbortController();
    async function* some(input: unknown): AsyncGenerator<TailLine> {
      requests.push(input);
      yield { kind: 'waiting', snapshot: false };
      yield login;
      yield { kind: 'skipped', bodies: 1200 };
      controller.abort();
    }
    const args = ['tail', '--where', 'dataset=a,b,action=c'];
    const { code, stdout } = await runTest(args, { tail: some }, { controller });
    expect(code).toBe(130);
    expect(requests).toEqual([{ datasets: 'a,b', actions: 'c' }]);
    expect(stdout).toHaveLength(2);
    expect(stdout[0]).toContain(
      '2026-11-24 11:59:00Z  xiq  extreme_xiq.audit  admin-login  success  eve  Logged in \\u001b[2J\\nwith',
    );
    expect(stdout[1]).toBe('… 1,200 requests skipped: they arrived too fast');
  });

  it('fits the terminal, and is coloured by outcome', async () => {
    const { stdout } = await runTest(['tail'], { tail: () => lines(login) }, { columns: 80 });
    expect(stdout.map((text) => textWidth(text) <= 80)).toEqual([true]);
    expect(stdout[0]).toMatch(/^11:59:00Z {2}xiq {2}audit {2}admin-login {2}success {2}eve {2}Logged in/);
    const failure = line({ '@timestamp': '2026-11-24T11:59:00Z', event: { outcome: 'failure' } });
    const { text } = await runTest(['tail'], { tail: () => lines(failure) }, { columns: 80, colours: true });
    expect(text).toBe('\u001b[31m11:59:00Z  xiq  failure\u001b[39m');
  });

  it('--json prints the lines of the API; a connector that stops: 69', async () => {
    const { code, json } = await runTest(['tail', '--json'], { tail: () => lines(login) });
    expect([code, json()]).toEqual([69, [login]]);
  });
});
