// The public contract of sources, destinations and pipeline stages.
export type { AgeGuard, ClockStep } from './age-guard.ts';
export { createAgeGuard } from './age-guard.ts';
export type { BodyMetadata, Origin, StoredBody } from './body.ts';
export type { BodyLog, BodyLogExtent, FoundBody, PositionOptions, ReadableBodyLog, RetentionGap } from './body-log.ts';
export type {
  AgentTls,
  Assurance,
  Batch,
  BatchItem,
  CheckResult,
  DeliveryAttempt,
  DeliveryReport,
  Destination,
  DestinationContext,
  DestinationDefinition,
  DestinationSetup,
  EventToFind,
  FindResult,
  ItemVerdict,
  SetupChange,
  Verdict,
} from './destination.ts';
export { allDelivered, defineDestination } from './destination.ts';
export type { EcsFields } from './ecs.generated.ts';
export { ecsFieldDefinitions, ecsVersion } from './ecs.generated.ts';
export type { EcsDocument, JsonObject, JsonValue } from './ecs.ts';
export { ecsDocument, nestFields, valuesAt } from './ecs.ts';
export type { DeclaredErrorCode, ErrorCode, ExitCode } from './errors.ts';
export { ConnectorError, exitCodes, isErrorCode } from './errors.ts';
export type { HttpStatusCode } from './fault-codes.ts';
export { codeOfSignal, codeOfStatus, httpStatusCodes } from './fault-codes.ts';
export type { FieldDefinition, FieldType } from './fields.ts';
export type { HttpFault, HttpFaultCode, HttpOutcome, HttpRequest, HttpResponse } from './http-exchange.ts';
export { cleanConnectionMessage, exchange, httpFaultCodes } from './http-exchange.ts';
export type { OptionNames, TlsFiles } from './plugin-toolkit.ts';
export {
  connectionAdvice,
  createRateLimitedReport,
  parseJson,
  readTls,
  retryAfterMs,
  sanitizeServerMessage,
  warnIfInsecure,
} from './plugin-toolkit.ts';
export type { BatchFault, ReportBuilder } from './report-builder.ts';
export { createReportBuilder } from './report-builder.ts';
export type { SecretReference, SecretSource, SourceSecretReference } from './secret.ts';
export { Secret, secretReference, sourceSecretReference } from './secret.ts';
export { createSerialQueue } from './serial-queue.ts';
export type {
  AgentIdentity,
  AuthenticationRequest,
  AuthenticationVerdict,
  NormalizedEvent,
  OperatorMapping,
  Organization,
  Source,
  SourceContext,
  SourceDefinition,
  UnmappedField,
} from './source.ts';
export { defineSource, sourceMetrics } from './source.ts';
export type {
  BodyReader,
  DurablePosition,
  JournalEntry,
  LostSpan,
  Position,
  PositionCounters,
  ReadLimits,
  SettledBody,
} from './stages.ts';
export { countSettledRanges, initialPosition, maxSettledRanges } from './stages.ts';
export type { GaugeReading, LogAttributes, Logger, Meter, MetricDescription, MetricTable } from './telemetry.ts';
export { boundLogger } from './telemetry.ts';
export { escapeControls, reasonOf, visibleText } from './text.ts';
export { unsettledBodies } from './unsettled-bodies.ts';
