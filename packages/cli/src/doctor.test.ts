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
    [true, 0, 'found', 'No problem found.'],
    [false, 1, 'not found', 'Problems found.'],
  ])('ok %s: %i', async (ok, expected, result, last) => {
    const requests: unknown[] = [];
    const responses = {
      doctor: (input: unknown) => {
        requests.push(input);
        return lines(...all(ok));
      },
    };
    const { code, stdout } = await runTest(['doctor', '--seconds', '5'], responses);
    expect([code, requests]).toEqual([expected, [{ seconds: 5 }]]);
    expect(stdout).toEqual([
      'Test event stored: receipt r1_abc, event 1ab',
      `elastic (elasticsearch): ${result} after 0.5 s: in \\u001b[2J`,
      last,
    ]);
    const json = await runTest(['doctor', '--json'], responses);
    expect([json.code, json.json()]).toEqual([expected, all(ok)]);
  });

  it('a stopped connector: 69; --seconds out of range: 64', async () => {
    expect((await runTest(['doctor'], {}, { snapshot: true })).code).toBe(69);
    expect((await runTest(['doctor', '--seconds', '601'], {})).code).toBe(64);
  });
});
