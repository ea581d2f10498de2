// Queries of an operator over one read model: status, trace, tail, unmapped fields, replay preview, doctor.

export type { Doctor } from './doctor.ts';
export { createDoctor } from './doctor.ts';
export { eventFilter, selectionOf, whereOfQuery } from './event-filter.ts';
export type { ScanStep } from './journal-scan.ts';
export { lastBodies, scanJournal, sequencesOf } from './journal-scan.ts';
export { lastReceivedMs } from './last-received.ts';
export { problemsOf } from './problems/problems-of.ts';
export type { KnownDestination, ReadModel } from './read-model.ts';
export { isSettled } from './read-model.ts';
export type { ReadingParts } from './reading.ts';
export { readingOperations } from './reading.ts';
export type { RunningParts } from './running-read-model.ts';
export { mappingOf, runningReadModel } from './running-read-model.ts';
export { startSampler } from './sampler.ts';
export type { LiveFigures } from './status.ts';
export { gapId, incidentNumber, statusOf } from './status.ts';
export { problemOfStream } from './stream-problem.ts';
export { tail } from './tail.ts';
export { unthrottled } from './throttle.ts';
