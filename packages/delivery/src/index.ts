// Sole owner of batching, retry, dead letters and positions.
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { Delivery, DeliveryInput } from './delivery.ts';
export { startDelivery } from './delivery.ts';
export type { LaneEnd } from './delivery-stream.ts';
export { deliveryMetrics } from './metrics.ts';
export type { DeliveryOptions, Routing, Wants } from './options.ts';
export { deliveryOptions, deliveryOptionsShape, routeBy } from './options.ts';
export type { DeliveryRun, RunningRun } from './replay-stream.ts';
export type { DeadLetter, DeadLetterStore, DeliveryDestination, DeliveryServices } from './services.ts';
export type { DestinationStatus, LastFailure } from './stream-status.ts';
export type { Redact } from './words.ts';
