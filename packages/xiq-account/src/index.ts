// The account at ExtremeCloud IQ: REST client, subscriptions, back-fill, completeness.
export { backfillKind } from './backfill/backfill-kind.ts';
export type { FetchedPiece, FetchOptions, FetchProgress } from './backfill/fetch-span.ts';
export { fetchSpan, settledEnd } from './backfill/fetch-span.ts';
export { logOfMessageType, messageTypeOfLog } from './backfill/log-message-types.ts';
export type { BodyEvent, EventFacts, LogEvent, LogReader, LogReaderOptions } from './backfill/log-reader.ts';
export { createLogReader } from './backfill/log-reader.ts';
export { previewBackfill } from './backfill/preview-backfill.ts';
export type { Doubt } from './backfill/readings.ts';
export type { RestBody, RestBodyLimits } from './backfill/rest-bodies.ts';
export { restBodies } from './backfill/rest-bodies.ts';
export type { XiqCloud } from './cloud.ts';
export { openXiqClouds } from './cloud.ts';
export { completeness } from './completeness/completeness.ts';
export { probablySame } from './completeness/probably-same.ts';
export type {
  Cell,
  CellState,
  DeliveryState,
  DestinationCounts,
  DestinationRecord,
  KeptEvent,
  Missing,
  MissingEvent,
  Proof,
  ProofInput,
  Reason,
  Surplus,
  SurplusEvent,
  TimeSpan,
  UnprovableCode,
  XiqHour,
} from './completeness/proof.ts';
export { proofOf, proveCompleteness } from './completeness/prove-completeness.ts';
export { completenessGauges } from './completeness/watch-completeness.ts';
export type { XiqHours } from './completeness/xiq-hours.ts';
export { xiqHours } from './completeness/xiq-hours.ts';
export { currentClouds } from './current-clouds.ts';
export type { ApiClock } from './rest/api-clock.ts';
export type { LogPage, LogSpan, LogType } from './rest/log-pages.ts';
export { logTypes } from './rest/log-pages.ts';
export type { RequestBudget } from './rest/request-budget.ts';
export type { XiqCredentials } from './rest/session.ts';
export type { WantedSubscription, XiqSubscription } from './rest/subscription.ts';
export type { XiqSubscriptions } from './rest/subscriptions.ts';
export { apiMetrics } from './rest/transport.ts';
export type { XiqApi, XiqApiOptions } from './rest/xiq-api.ts';
export { createXiqApi } from './rest/xiq-api.ts';
export type { ApplyPorts, ApplyStep, SubscriptionsApi } from './subscriptions/apply.ts';
export { applyPlan } from './subscriptions/apply.ts';
export { acceptsSecret } from './subscriptions/ask-receiver.ts';
export type { FieldChange, UnseenField } from './subscriptions/field-changes.ts';
export { shownText, shownUrl } from './subscriptions/field-changes.ts';
export { isRotating } from './subscriptions/managed-list.ts';
export type { OwnLooks } from './subscriptions/own-looks.ts';
export { createOwnLooks } from './subscriptions/own-looks.ts';
export type {
  ForeignSubscription,
  PlannedChange,
  PlannedDelete,
  SubscriptionPlan,
  UntouchedSubscription,
} from './subscriptions/plan.ts';
export { isNothingToDo, planDeletion, planSubscriptions } from './subscriptions/plan.ts';
export type { PublicUrlCheck, PublicUrlFinding } from './subscriptions/public-url/findings.ts';
export { publicUrlChecks } from './subscriptions/public-url/findings.ts';
export type { PublicUrlOptions } from './subscriptions/public-url/look-at-public-url.ts';
export { lookAtPublicUrl } from './subscriptions/public-url/look-at-public-url.ts';
export type { PublicUrlPorts } from './subscriptions/public-url/ports.ts';
export { createPublicUrlPorts } from './subscriptions/public-url/ports.ts';
export { lookHeader } from './subscriptions/public-url/post-without-secret.ts';
export type { ReconcileOptions, ReconcileResult } from './subscriptions/reconcile.ts';
export { reconcile } from './subscriptions/reconcile.ts';
export { describeSubscription, renderPlan } from './subscriptions/render-plan.ts';
export { rotateManaged } from './subscriptions/rotate-managed.ts';
export type { RotationOptions, RotationPorts, RotationStep } from './subscriptions/rotate-secret.ts';
export { rotateSecret } from './subscriptions/rotate-secret.ts';
export type { GuideOptions, GuidePorts, GuideStep } from './subscriptions/rotation-guide.ts';
export { rotationGuide } from './subscriptions/rotation-guide.ts';
export type { RotationStand } from './subscriptions/rotation-list.ts';
export { readStand } from './subscriptions/rotation-list.ts';
export type {
  GapReason,
  SeenType,
  SeenTypes,
  SubscriptionGap,
  SubscriptionTrouble,
} from './subscriptions/seen-well.ts';
export type { SourceSecrets } from './subscriptions/source-secrets.ts';
export { sourceSecrets } from './subscriptions/source-secrets.ts';
export type { ForeignReason, SubscriptionTarget } from './subscriptions/target.ts';
export { urlFor } from './subscriptions/target.ts';
export { subscriptionMetrics } from './subscriptions/watch-source.ts';
export { openXiqDesk } from './xiq-desk.ts';
