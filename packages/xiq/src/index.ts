// What ExtremeCloud IQ means.
export { messageTypes } from './message-types.ts';
export { xiqSource } from './source.ts';
