// Sole owner of batching, retry, dead letters and positions.
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { Delivery, DeliveryInput } from './delivery.ts';
export { startDelivery } from './delivery.ts';
export type { StreamEnd } from './delivery-stream.ts';
export type { Redact } from './fit-text.ts';
export { deliveryMetrics } from './metrics.ts';
export type { DeliveryOptions, Routing, Wants } from './options.ts';
export { deliveryOptions, deliveryOptionsShape, routeBy } from './options.ts';
export type { ReplayStream, ReplayStreamOptions } from './replay-stream.ts';
export type { DeadLetter, DeadLetterStore, DeliveryDestination, DeliveryServices } from './services.ts';
export type { DestinationStatus, LastFailure } from './stream-status.ts';
