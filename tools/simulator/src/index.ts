// A simulated ExtremeCloud IQ with subscriptions and webhooks, for tests and measurements.
export type { GeneratedBody, GenerateOptions } from './bodies.ts';
export { generateBodies } from './bodies.ts';
export type { SubscriptionControl, TokenControl } from './cloud/account-control.ts';
export type { LoggedRequest } from './cloud/api/request-log.ts';
export type { EmitOptions } from './cloud/events/emitter.ts';
export type { FlowOptions } from './cloud/events/event-flow.ts';
export type { FaultName, Faults, FaultsInput } from './cloud/faults.ts';
export type { RestLog } from './cloud/log-families.ts';
export type { XiqCloudOptions } from './cloud/options.ts';
export type { Delivery, RestForm, SimulatedEvent } from './cloud/simulated-event.ts';
export type { Subscription } from './cloud/subscriptions.ts';
export type { Truth, TruthQuery } from './cloud/truth.ts';
export type { SecretForm } from './cloud/webhooks/secret-forms.ts';
export type { XiqCloud } from './cloud/xiq-cloud.ts';
export { startXiqCloud } from './cloud/xiq-cloud.ts';
export type { MessageType } from './message-types.ts';
export { messageTypes } from './message-types.ts';
