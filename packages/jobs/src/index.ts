// Jobs (retry, replay): start, resume after a kill, watch, cancel.
export type { JobKind, Jobs, JobWork, WorkEnd } from './jobs.ts';
export { createJobs } from './jobs.ts';
export { replayKind } from './replay-job.ts';
export { retryKind } from './retry-job.ts';
