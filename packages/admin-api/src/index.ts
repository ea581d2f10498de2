// The admin API: its routes, schemas, client and OpenAPI document.

export type { AdminAddress } from './admin-file.ts';
export { newAdminToken, readAdminFile, writeAdminFile } from './admin-file.ts';
export { connectAdmin } from './client.ts';
export { openApiDocument } from './openapi.ts';
export type { ProblemCode } from './problem-table.ts';
export { problemCodes, problemTable } from './problem-table.ts';
export type { AdminChange, Route } from './route.ts';
export type { Where } from './routes/common.ts';
export { errorResponse } from './routes/common.ts';
export type { CompletenessCell, CompletenessLine } from './routes/completeness.ts';
export type { DoctorLine, Reloaded } from './routes/connector.ts';
export type { DeadLetterEntry } from './routes/dead-letters.ts';
export type { TailLine, UnmappedLine } from './routes/events.ts';
export type {
  BackfillLine,
  BackfillRequest,
  Job,
  JobFetch,
  JobStream,
  PreviewLine,
  RetryRequest,
} from './routes/jobs.ts';
export { backfillRequest, jobSchema, replayRequest, retryRequest } from './routes/jobs.ts';
export type {
  DestinationState,
  Gap,
  Incident,
  Problem,
  SourceState,
  Status,
  SubscriptionState,
} from './routes/status.ts';
export type { Trace, TraceEvent, TraceLine, TraceVerdict } from './routes/trace.ts';
export type { Operations, ResponseName, RouteName, SnapshotOperations, StreamName } from './routes.ts';
export {
  isStream,
  operationsBy,
  refusingOperations,
  responseOf,
  routeNames,
  routeOf,
  routes,
  streamOf,
} from './routes.ts';
