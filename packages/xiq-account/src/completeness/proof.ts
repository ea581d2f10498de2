// Types of the input and the result of a completeness proof.
import type { Assurance } from '@xiq-siem/core';
import type { EventSummary } from '../rest/log-reader.ts';

/** State of a stored event at a destination. `filtered`: its routing excludes the event. */
export type DeliveryState = 'confirmed' | 'deadLettered' | 'filtered' | 'waiting';

export interface StoredEvent extends EventSummary {
  readonly messageType: string;
  /** The time of receipt if the event has no readable time. */
  readonly timeMs: number;
}

/** One hour of a log. */
export interface XiqHour {
  readonly events: readonly EventSummary[];
  /** The reason why the read may be incomplete, in one sentence. */
  readonly uncertainty?: string | undefined;
}

export interface DestinationRecord {
  readonly name: string;
  readonly assurance: Assurance;
  /** Undefined for a stored event without a known state; it counts as waiting. */
  stateOf(id: string): DeliveryState | undefined;
}

export interface TimeSpan {
  /** Epoch milliseconds, inclusive; `toMs` is exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ProofInput extends TimeSpan {
  /** Message types. */
  readonly types: readonly string[];
  /** The logs of ExtremeCloud IQ, by message type and the start of the hour (UTC). */
  readonly xiq: ReadonlyMap<string, ReadonlyMap<number, XiqHour>>;
  /** All events that the journal has, by id, whether or not they are in the log. From webhooks and back-fills. */
  readonly kept: ReadonlyMap<string, StoredEvent>;
  readonly destinations: readonly DestinationRecord[];
  /** Times of receipt of which the journal has lost or removed bodies. */
  readonly unavailableSpans?: readonly TimeSpan[];
  /** The log is final up to this time. Later events may still be missing in the log or in the journal. */
  readonly logFinalMs?: number;
  /** The most missing events, and the most surplus events, that a cell lists. Default: 100. The counts include all. */
  readonly maxListed?: number;
}

/** From the worst to the best. */
export const cellStates = ['missing', 'surplus', 'unprovable', 'complete'] as const;
export type CellState = (typeof cellStates)[number];

export interface Reason {
  readonly code: 'no_rest_log' | 'bodies_unavailable' | 'log_not_final' | 'not_read' | 'uncertain';
  readonly message: string;
}

export type DestinationCounts = Omit<DestinationRecord, 'stateOf'> & Readonly<Record<DeliveryState, number>>;

export interface MissingEvent extends EventSummary {
  /** `notReceived`, or the state at `destination`. */
  readonly reason: 'notReceived' | 'deadLettered' | 'waiting';
  readonly destination?: string;
  /** The id of a surplus event with the same time and user: probably the same event with another text. */
  readonly probableMatchId?: string;
}

export interface SurplusEvent extends StoredEvent {
  readonly probableMatchId?: string;
}

export interface Cell {
  readonly type: string;
  /** The start of the hour, epoch milliseconds. */
  readonly hourMs: number;
  readonly state: CellState;
  /** The reason why the cell is not proved. With state `missing`: the reason why more events may be missing. */
  readonly reason?: Reason;
  /** Events in ExtremeCloud IQ's log. Undefined: the log was not read. */
  readonly xiq: number | undefined;
  /** All events that the journal has, whether or not they are in the log. */
  readonly kept: number;
  /** States of the stored events. */
  readonly destinations: readonly DestinationCounts[];
  readonly missing: {
    /** Distinct events. */
    readonly count: number;
    readonly notReceived: number;
    /** Counted once per destination, as `waiting`. */
    readonly deadLettered: number;
    readonly waiting: number;
    readonly events: readonly MissingEvent[];
  };
  readonly surplus: { readonly count: number; readonly events: readonly SurplusEvent[] };
  /** Pairs of a missing and a surplus event that are probably the same. */
  readonly probablySame: number;
}

export interface Proof {
  readonly cells: readonly Cell[];
  /** The state of the worst cell. */
  readonly state: CellState;
  /** Number of cells by state. */
  readonly states: Readonly<Record<CellState, number>>;
}
