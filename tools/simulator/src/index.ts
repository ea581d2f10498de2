// An ExtremeCloud IQ that sends, for tests and measurements.
export type { GeneratedBody, GenerateOptions } from './bodies.ts';
export { generateBodies } from './bodies.ts';
export type { MessageType } from './message-types.ts';
export { messageTypes } from './message-types.ts';
