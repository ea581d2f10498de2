// What is seen at one look, and what watches it.
import type { Status } from '@xiq-siem/admin-api';
import type { DeadLetterGroup } from '@xiq-siem/state';
import type { Signal } from './signal.ts';

export interface SignalSettings {
  readonly enabled: boolean;
  readonly heartbeatMinutes: number;
  readonly journalHours: number;
  readonly silentFactor: number;
}

export interface RefusedAddress {
  readonly source: string;
  readonly address: string;
  readonly count: number;
}

/** One series of a counter, since the start. */
export interface CounterReading {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the proof of one hour found, for one source and message type. */
export interface HourFigures {
  readonly source: string;
  readonly messageType: string;
  /** Its beginning, epoch milliseconds. */
  readonly hourMs: number;
  readonly state: string;
  readonly xiq: number | undefined;
  readonly kept: number;
  readonly missing: number;
  readonly surplus: number;
}

/** Open dead letters that have destination, code and data set in common. */
export type OpenDeadLetters = Pick<DeadLetterGroup, 'destination' | 'code' | 'dataset' | 'count'>;

export interface Look {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly status: Status;
  readonly readings: readonly CounterReading[];
  /** Since the look before. */
  readonly refused: readonly RefusedAddress[];
  readonly settings: SignalSettings;
  /** Configured, and sending from outside. */
  readonly sources: readonly string[];
  lastReceivedMs(source: string): number | undefined;
  deadLetters(): readonly OpenDeadLetters[];
  /** What the last proof of each source and message type found. */
  completeness(): readonly HourFigures[];
  /** How many signals of ours were kept at this moment or later. */
  ownSince(atMs: number): number;
}

/** Compares with what it saw before. In a first look nothing has grown; what is wrong already is said. */
export type Watcher = (look: Look) => Iterable<Signal>;
