// What a proof of completeness is made of, and what it says.
import type { Assurance } from '@xiq-siem/core';
import type { EventFacts } from '../rest/log-reader.ts';

/** What became of a kept event at a destination. Filtered: its routing does not want it. */
export type DeliveryState = 'confirmed' | 'deadLettered' | 'filtered' | 'waiting';

export interface KeptEvent extends EventFacts {
  readonly messageType: string;
  /** Of when it was received where its own time could not be read. */
  readonly timeMs: number;
}

/** An hour of a log, as it was read. */
export interface XiqHour {
  readonly events: readonly EventFacts[];
  /** Why that may not be all that ExtremeCloud IQ has of it, in a sentence. */
  readonly doubt?: string | undefined;
}

export interface DestinationRecord {
  readonly name: string;
  readonly assurance: Assurance;
  /** Undefined, of a kept event: nothing is known of it yet, it waits. */
  stateOf(id: string): DeliveryState | undefined;
}

export interface TimeSpan {
  /** Epoch milliseconds; the first belongs to the span, the second does not. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ProofInput extends TimeSpan {
  /** Message types, each a row of cells. */
  readonly types: readonly string[];
  /** By message type and the start of the hour (UTC): what was read of ExtremeCloud IQ's log. */
  readonly xiq: ReadonlyMap<string, ReadonlyMap<number, XiqHour>>;
  /** By id: each event that came by webhook or back-fill and is in a retained body. */
  readonly kept: ReadonlyMap<string, KeptEvent>;
  readonly destinations: readonly DestinationRecord[];
  /** Times of receipt whose bodies are no longer there: beyond retention, or let go. */
  readonly goneBodies?: readonly TimeSpan[];
  /** What is younger has not settled: neither ExtremeCloud IQ's log nor our reception need have it all. */
  readonly settledMs?: number;
  /** Events listed of a cell, each of missing and surplus; 100 where it is not said. All are counted. */
  readonly maxListed?: number;
}

/** From the worst to the best. */
export const cellStates = ['missing', 'surplus', 'unprovable', 'whole'] as const;
export type CellState = (typeof cellStates)[number];

export interface Reason {
  readonly code: 'no_rest_log' | 'bodies_gone' | 'not_settled' | 'not_read' | 'doubtful';
  readonly message: string;
}

export type DestinationCounts = Omit<DestinationRecord, 'stateOf'> & Readonly<Record<DeliveryState, number>>;

export interface MissingEvent extends EventFacts {
  /** Where it is missing: `notKept`, or, of a kept one, what it is at which destination. */
  readonly why: 'notKept' | 'deadLettered' | 'waiting';
  readonly destination?: string;
  /** A surplus event of the same time and user: probably the same event, worded differently. */
  readonly probably?: string;
}

export interface SurplusEvent extends KeptEvent {
  readonly probably?: string;
}

export interface Cell {
  readonly type: string;
  /** The start of the hour, epoch milliseconds. */
  readonly hourMs: number;
  readonly state: CellState;
  /** Why nothing better can be said; beside `missing` too, where more may be missing than is known. */
  readonly reason?: Reason;
  /** Events of ExtremeCloud IQ's log; undefined where none was read. */
  readonly xiq: number | undefined;
  /** Of these, and of others that no log that was read has. */
  readonly kept: number;
  /** Of the kept. */
  readonly destinations: readonly DestinationCounts[];
  readonly missing: {
    /** Different events, however many of our destinations lack them. */
    readonly count: number;
    readonly notKept: number;
    /** Once for each destination. */
    readonly deadLettered: number;
    readonly waiting: number;
    readonly events: readonly MissingEvent[];
  };
  readonly surplus: { readonly count: number; readonly events: readonly SurplusEvent[] };
  /** Missing and surplus events that are probably the same, worded differently. */
  readonly probablySame: number;
}

export interface Proof {
  readonly cells: readonly Cell[];
  /** Of the worst cell. */
  readonly state: CellState;
  /** How many cells there are of each state. */
  readonly states: Readonly<Record<CellState, number>>;
}
