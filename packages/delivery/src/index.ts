// Sole owner of batching, retry, dead letters and positions.
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type { DeadLetter, DeadLetterStore } from './dead-letter.ts';
export type { Delivery, DeliveryInput } from './delivery.ts';
export { startDelivery } from './delivery.ts';
export type { DeliveryOptions, Routing } from './options.ts';
export { deliveryOptions, deliveryOptionsShape } from './options.ts';
export type { DeliveryDestination, DeliveryServices, DestinationStatus } from './services.ts';
export type { Redact } from './words.ts';
