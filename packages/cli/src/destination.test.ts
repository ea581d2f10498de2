import { describe, expect, it } from 'vitest';
import { runTest } from './test-session.ts';

describe('destination', () => {
  it('forget and resume', async () => {
    const forget = { forgetDestination: async ({ name }: { name: string }) => ({ forgotten: name }) };
    const resume = { resumeDestination: async ({ name }: { name: string }) => ({ resumed: name }) };
    expect((await runTest(['destination', 'forget', 'old'], forget)).stdout).toEqual(['Destination old is forgotten.']);
    expect((await runTest(['destination', 'resume', 'elastic'], resume)).stdout).toEqual([
      'Destination elastic is tried now: see xiq-siem status.',
    ]);
    expect((await runTest(['destination', 'forget', 'old', '--json'], forget)).json()).toEqual([{ forgotten: 'old' }]);
  });

  it('needs a name, and a running connector', async () => {
    expect((await runTest(['destination', 'forget'], {})).code).toBe(64);
    expect((await runTest(['destination', 'resume', 'x'], {}, { snapshot: true })).code).toBe(69);
  });
});
