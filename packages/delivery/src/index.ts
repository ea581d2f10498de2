// Owns batching, retries, dead-lettering and positions.
export type { Clock } from './clock.ts';
export { createSteadyClock, systemClock } from './clock.ts';
export type { Delivery, DeliveryInput } from './delivery.ts';
export { startDelivery } from './delivery.ts';
export type { StreamEnd } from './delivery-stream.ts';
export { createDatasetFilter, createEventFilter } from './event-filter.ts';
export { deliveryMetrics } from './metrics.ts';
export type { DeliveryOptions, Routing } from './options.ts';
export { deliveryOptions, deliveryOptionsShape } from './options.ts';
export { parkedRetry } from './parked-retry.ts';
export { createRedaction, minKeyLength, redactionFault } from './redact-document.ts';
export { redactingDefinition, redactingDestination } from './redacting-destination.ts';
export type { ReplayStream, ReplayStreamOptions } from './replay-stream.ts';
export type { Redact } from './sanitize-text.ts';
export type {
  DeadLetter,
  DeadLetterStore,
  DeliveryDestination,
  DeliveryServices,
  ParkedEvent,
  ParkedEvents,
} from './services.ts';
export { storedDocument } from './stored-document.ts';
export type { DestinationStatus, LastFailure } from './stream-status.ts';
