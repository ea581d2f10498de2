// The harness of the log conformance suite: a log under test and its storage.
import type { BodyLog, StoredBody } from '@xiq-siem/core';
import type { Capability } from './destination-harness.ts';

export interface LogHarness {
  /** Opens the log over its storage, which is empty at first. The previous log was closed or killed. */
  open(): Promise<BodyLog>;
  /**
   * Simulates a killed process. Any part of the data that is not durable may be lost, and the open log must not change the
   * storage any more.
   */
  kill(): Promise<void>;
  /** Capacity of the log in bytes. It must be small, because the suite fills it. */
  readonly capacityBytes: Capability<{ readonly bytes: number }>;
  /** Makes each of these bodies unreadable. Called while the log is closed. */
  readonly damage: Capability<{ inject(bodies: readonly StoredBody[]): Promise<void> }>;
  /** Removes the storage. */
  stop(): Promise<void>;
}

export interface LogUnderTest {
  /** Creates empty storage for each rule. */
  start(): Promise<LogHarness>;
}
