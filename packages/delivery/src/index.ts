// Sole owner of batching, retry, dead letters and positions.
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { DeadLetter, DeadLetterStore } from './dead-letter.ts';
export type { Delivery, DeliveryInput } from './delivery.ts';
export { startDelivery } from './delivery.ts';
export type { LaneEnd } from './lane.ts';
export type { DeliveryOptions, Routing } from './options.ts';
export { deliveryOptions, deliveryOptionsShape } from './options.ts';
export type { Wants } from './routing.ts';
export { routeBy } from './routing.ts';
export type { DeliveryRun, RunningRun } from './run.ts';
export type { DeliveryDestination, DeliveryServices, DestinationStatus, LastFailure } from './services.ts';
export type { Redact } from './words.ts';
