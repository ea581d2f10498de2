// What the conformance suite needs to know of a log under test, and of what it is stored in.
import type { Log, StoredBody } from '@xiq-siem/core';
import type { Playable } from './destination-harness.ts';

export interface LogHarness {
  /** Opens the log over what is stored, at first nothing. The one before was closed, or killed. */
  open(): Promise<Log>;
  /**
   * Whoever runs the log stops at once, without a word: what was not durable may be gone, in any part, and nothing that
   * the open log still does reaches what is stored.
   */
  kill(): Promise<void>;
  /** Bytes that the log may hold: few, so that the suite can fill it. */
  readonly capacityBytes: Playable<{ readonly bytes: number }>;
  /** Makes stored bodies unreadable, each by itself; called while the log is closed. */
  readonly damage: Playable<{ play(bodies: readonly StoredBody[]): Promise<void> }>;
  /** Removes what is stored. */
  stop(): Promise<void>;
}

export interface LogUnderTest {
  /** A store of its own for each rule, empty. */
  start(): Promise<LogHarness>;
}
