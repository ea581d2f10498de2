// For tests: opens the jobs of a fixture as a running connector does.
import type { Job } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import { type Fixture, until } from '@xiq-siem/queries/test-queries';
import { openJobRecords } from '@xiq-siem/state';
import { createJobs } from './jobs.ts';
import { replayKind } from './replay-job.ts';
import { retryKind } from './retry-job.ts';

const refuse = () => Promise.reject(new ConnectorError('usage', 'no source has an api'));

export async function openJobs({ state, parts, now, log }: Fixture) {
  const records = await openJobRecords(state.documents);
  const kinds = {
    retry: retryKind(parts),
    replay: replayKind(parts, records),
    backfill: { plan: refuse, start: refuse },
  };
  const jobs = createJobs({ records, kinds, now, log });
  const jobOf = (id: string): Job => {
    const found = jobs.list().find((job) => job.id === id);
    if (found === undefined) throw new Error(`no job ${id}`);
    return found;
  };
  return {
    ...jobs,
    jobOf,
    /** Resolves with the job after its end. */
    async ended({ id }: Job): Promise<Job> {
      await until(() => jobOf(id).state !== 'running');
      return jobOf(id);
    },
  };
}

/** The span of everything received so far. */
export const spanOf = ({ now }: Fixture): { from: string; to: string } => ({
  from: '2020-01-01T00:00:00.000Z',
  to: new Date(now() + 1000).toISOString(),
});
