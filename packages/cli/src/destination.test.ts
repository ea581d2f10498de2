import { routes } from '@xiq-siem/admin-api';
import { sampleOf } from '@xiq-siem/admin-api/test-routes';
import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

describe('destination', () => {
  it('forgets and resumes a destination', async () => {
    const forget = { forgetDestination: async ({ name }: { name: string }) => ({ forgotten: name }) };
    const resume = { resumeDestination: async ({ name }: { name: string }) => ({ resumed: name }) };
    expect((await runTest(['destination', 'forget', 'old'], forget)).stdout).toEqual(['Destination old is forgotten.']);
    expect((await runTest(['destination', 'resume', 'elastic'], resume)).stdout).toEqual([
      'Destination elastic: retry started. Result: xiq-siem status',
    ]);
    expect((await runTest(['destination', 'forget', 'old', '--json'], forget)).json()).toEqual([{ forgotten: 'old' }]);
  });

  it('without a name it lists the names: 64', async () => {
    const status = { ...sampleOf(routes.status.response), notConfigured: ['old', 'lab'] };
    const { code, stderr } = await runTest(['destination', 'forget'], { status: async () => status });
    expect([code, stderr]).toEqual([64, ['missing NAME: one of old, lab', 'See: xiq-siem destination forget --help']]);
    const resume = await runTest(['destination', 'resume'], { status: async () => status });
    expect([resume.code, resume.stderr[0]]).toEqual([64, 'missing NAME: one of x']);
  });

  it('needs a running connector: 69', async () => {
    expect((await runTest(['destination', 'resume', 'x'], {}, { snapshot: true })).code).toBe(69);
  });
});
