// What an operator may ask a connector.

export type { AdminAddress } from './admin-file.ts';
export { newAdminToken, readAdminFile, writeAdminFile } from './admin-file.ts';
export { connectAdmin } from './client.ts';
export { openApiDocument } from './openapi.ts';
export type { AdminChange, Route } from './route.ts';
export type { Where } from './routes/common.ts';
export { refusal } from './routes/common.ts';
export type { CompletenessCell, CompletenessLine } from './routes/completeness.ts';
export type { DoctorLine, Reloaded } from './routes/connector.ts';
export type { DeadLetterEntry } from './routes/dead-letters.ts';
export type { ShapesLine, TailLine } from './routes/events.ts';
export type {
  BackfillLine,
  BackfillRequest,
  Job,
  JobFetch,
  JobLane,
  PreviewLine,
  RetryRequest,
} from './routes/jobs.ts';
export { backfillRequest, jobSchema, replayRequest, retryRequest } from './routes/jobs.ts';
export type { DestinationState, Gap, Incident, SourceState, Status, SubscriptionState } from './routes/status.ts';
export type { Trace, TraceEvent, TraceLine, TraceVerdict } from './routes/trace.ts';
export type { AnswerName, Operations, RouteName, SnapshotOperations, StreamName } from './routes.ts';
export {
  answerOf,
  isStream,
  operationsBy,
  refusingOperations,
  routeNames,
  routeOf,
  routes,
  streamOf,
} from './routes.ts';
