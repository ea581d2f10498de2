// NDJSON files as a destination: the embedded default, and the exemplar to copy.
export { fileDestination } from './file-destination.ts';
