// Retry and replay as jobs: started, resumed after a kill, cancelled.
export type { JobKind, JobWork, WorkEnd } from './job-work.ts';
export type { Jobs } from './jobs.ts';
export { createJobs } from './jobs.ts';
export { replayKind, retryKind } from './sending-jobs.ts';
