// NDJSON files as a destination. The simplest plugin: copy it to write your own.
export { fileDestination } from './file-destination.ts';
