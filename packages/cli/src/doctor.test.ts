import type { DoctorLine } from '@xiq-siem/admin-api';
import { describe, expect, it } from 'vitest';
import { lines, runTest } from './test-session.ts';

describe('doctor', () => {
  const all = (ok: boolean): DoctorLine[] => [
    { kind: 'kept', receipt: 'r1_abc', eventId: '1ab' },
    {
      ...{ kind: 'destination', name: 'elastic', type: 'elasticsearch', result: ok ? 'found' : 'not_found', ok },
      ...{ message: 'in \u001b[2J', seconds: 0.52 },
    },
    { kind: 'end', ok },
  ];

  it.each([
    [true, 0, 'found', 'All is well.'],
    [false, 1, 'not found', 'Not all is well.'],
  ])('ok %s: %i', async (ok, expected, word, last) => {
    const asked: unknown[] = [];
    const responses = {
      doctor: (input: unknown) => {
        asked.push(input);
        return lines(...all(ok));
      },
    };
    const { code, stdout } = await runTest(['doctor', '--seconds', '5'], responses);
    expect([code, asked]).toEqual([expected, [{ seconds: 5 }]]);
    expect(stdout).toEqual([
      'Kept: receipt r1_abc, event 1ab',
      `elastic (elasticsearch): ${word} after 0.5 s: in \\u001b[2J`,
      last,
    ]);
    const json = await runTest(['doctor', '--json'], responses);
    expect([json.code, json.json()]).toEqual([expected, all(ok)]);
  });

  it('a stopped connector: 69; too long a wait: 64', async () => {
    expect((await runTest(['doctor'], {}, { snapshot: true })).code).toBe(69);
    expect((await runTest(['doctor', '--seconds', '601'], {})).code).toBe(64);
  });
});
