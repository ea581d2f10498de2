// What an operator may ask a connector.

export type { AdminAddress, AdminPlaces } from './admin-file.ts';
export { newAdminToken, readAdminFile, writeAdminFile } from './admin-file.ts';
export type { Progress, Where } from './answers/common.ts';
export { where } from './answers/common.ts';
export type { CompletenessCell, CompletenessLine } from './answers/completeness.ts';
export type { DeadLetterEntry } from './answers/dead-letters.ts';
export type { BackfillRequest, Job, JobFetch, JobLane, ReplayRequest, RetryRequest } from './answers/jobs.ts';
export { backfillRequest, jobSchema, replayRequest, retryRequest } from './answers/jobs.ts';
export type { Checks, Reloaded } from './answers/operations.ts';
export { refusal } from './answers/operations.ts';
export type { DestinationState, Gap, SourceState, Status, SubscriptionState } from './answers/status.ts';
export type { BackfillLine, DoctorLine, PreviewLine, ShapesLine, TailLine } from './answers/streams.ts';
export type { Trace, TraceEvent, TraceLine, TraceVerdict } from './answers/trace.ts';
export { connectAdmin } from './client.ts';
export { openApiDocument } from './openapi.ts';
export type { AdminChange, Operation, Route } from './route.ts';
export type { Operations, RouteName } from './routes.ts';
export { routes } from './routes.ts';
