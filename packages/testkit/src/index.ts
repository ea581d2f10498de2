// What plugin authors and our tests prove their work with.

export type { SelfSignedCertificate, TestCertificate } from './certificates.ts';
export { selfSignedCertificate, testCertificate } from './certificates.ts';
export type { DestinationContextOptions } from './destination-context.ts';
export { destinationContext } from './destination-context.ts';
export type {
  DestinationHarness,
  DestinationUnderTest,
  NotApplicable,
  Playable,
  ServerFaults,
} from './destination-harness.ts';
export { validateEcs } from './ecs-validator.ts';
export type {
  HecAnswerOrder,
  HecEndpoint,
  HecFake,
  HecFakeOptions,
  HecFakeToken,
  HecRequest,
} from './hec-fake.ts';
export { startHecFake } from './hec-fake.ts';
export type { HecEvent } from './hec-fake-body.ts';
export type { LogHarness, LogUnderTest } from './log-harness.ts';
export type { ManualClock } from './manual-clock.ts';
export { createManualClock } from './manual-clock.ts';
export type { ModelFailure, ModelFile, ModelFiles, ModelFilesOptions, ModelOperation } from './model-files.ts';
export { modelFiles } from './model-files.ts';
export type { ModelLogOptions, ModelLogStore } from './model-log.ts';
export { modelLog, sequenceWithHoles } from './model-log.ts';
export type { AtEnd, Ext4Disk } from './real-disk.ts';
export { ext4Disk, fillDisk, lackOf, tmpfsAt } from './real-disk.ts';
export type { LogLine, RecordingLogger, RecordingMeter } from './recording.ts';
export { createRecordingLogger, createRecordingMeter } from './recording.ts';
