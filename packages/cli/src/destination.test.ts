import { routes } from '@xiq-siem/admin-api';
import { sampleOf } from '@xiq-siem/admin-api/test-routes';
import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

describe('destination', () => {
  it('forgets and resumes a destination', async () => {
    const calls: boolean[] = [];
    const forget = {
      async forgetDestination({ name, dryRun }: { name: string; dryRun: boolean }) {
        calls.push(dryRun);
        return { forgotten: name, requests: 3 };
      },
    };
    const resume = { resumeDestination: async ({ name }: { name: string }) => ({ resumed: name }) };
    const text = async (...options: readonly string[]) =>
      (await runTest(['destination', 'forget', 'old', ...options], forget)).stdout;
    expect(await text('--yes')).toEqual(['Destination old is forgotten, with 3 requests that it has not received.']);
    expect(await text('--dry-run')).toEqual([
      'Destination old would be forgotten, with 3 requests that it has not received.',
    ]);
    expect(calls).toEqual([false, true]);
    expect((await runTest(['destination', 'resume', 'elastic'], resume)).stdout).toEqual([
      'Destination elastic: retry started. Result: xiq-siem status',
    ]);
    expect((await runTest(['destination', 'forget', 'old', '--yes', '--json'], forget)).json()).toEqual([
      { forgotten: 'old', requests: 3 },
    ]);
  });

  it('without a name it lists the names: 64', async () => {
    const status = {
      ...sampleOf(routes.status.response),
      notConfigured: ['old', 'lab'].map((name) => ({ name, bodies: 3 })),
    };
    const { code, stderr } = await runTest(['destination', 'forget'], { status: async () => status });
    expect([code, stderr]).toEqual([64, ['missing NAME: one of old, lab', 'See: xiq-siem destination forget --help']]);
    const resume = await runTest(['destination', 'resume'], { status: async () => status });
    expect([resume.code, resume.stderr[0]]).toEqual([64, 'missing NAME: one of x']);
  });

  it('needs a running connector: 69', async () => {
    expect((await runTest(['destination', 'resume', 'x'], {}, { snapshot: true })).code).toBe(69);
  });
});
