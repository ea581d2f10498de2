// Test tools for plugin authors and for the tests of this repository.

export { certainAge } from './certain-age.ts';
export type { SelfSignedCertificate, TestCertificate } from './certificates.ts';
export { selfSignedCertificate, testCertificate } from './certificates.ts';
export type { DestinationContextOptions } from './destination-context.ts';
export { destinationContext } from './destination-context.ts';
export type {
  Capability,
  DestinationHarness,
  DestinationUnderTest,
  NotApplicable,
  ServerFaults,
} from './destination-harness.ts';
export { validateEcs } from './ecs-validator.ts';
export type { BalancerPolicy, HecCluster } from './hec-cluster.ts';
export { startHecCluster } from './hec-cluster.ts';
export type {
  HecEndpoint,
  HecFake,
  HecFakeOptions,
  HecFakeToken,
  HecRequest,
  HecResponseOverride,
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
export { ext4Disk, fillDisk, missingRequirement, tmpfsAt } from './real-disk.ts';
export type { LogLine, RecordingLogger, RecordingMeter } from './recording.ts';
export { createRecordingLogger, createRecordingMeter } from './recording.ts';
export { injectInto, injecting } from './tracing.ts';
