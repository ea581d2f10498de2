// Computes the state of each stored event at one destination during a scan, without a lookup per event.
import type { EcsDocument } from '@xiq-siem/core';
import type { KnownDestination, ReadModel } from '@xiq-siem/queries';
import { isSettled } from '@xiq-siem/queries';
import type { DestinationRecord } from './proof.ts';

/** The best first: an event may be in several bodies, and its best state counts. */
const states = ['confirmed', 'deadLettered', 'waiting', 'filtered'] as const;
type State = (typeof states)[number];

export interface EventPosition {
  /** Number of the distinct event, from 0. */
  readonly ordinal: number;
  readonly sequence: number;
  readonly element: number;
  readonly dataset: string;
  readonly source: string;
  readonly document: EcsDocument;
}

interface SettledStatesInput extends Pick<ReadModel, 'position'> {
  readonly journal: Pick<ReadModel['journal'], 'retentionGaps'>;
}

/** `undelivered`: dead letters, and parked events as `waiting`, by `positionKey`. `startSequence`: the first body for this destination. */
export function settledStates(
  { journal, position: positionOf }: SettledStatesInput,
  { name, assurance, wants }: Omit<KnownDestination, 'type'>,
  undelivered: ReadonlyMap<string, State>,
  startSequence: number,
) {
  const position = positionOf(name);
  const gaps = journal.retentionGaps().filter(({ destination }) => destination === name);
  /** By ordinal: 0 if unknown, else the index in `states` plus one. */
  let ranks = new Uint8Array(1_024);

  function stateOf({ sequence, element, ...event }: EventPosition): State {
    if (!wants(event)) return 'filtered';
    const isEvicted = gaps.some(({ fromSequence, toSequence }) => sequence >= fromSequence && sequence <= toSequence);
    if (position === undefined || isEvicted || !isSettled(position, sequence, element)) return 'waiting';
    // Bodies before its start are not for this destination.
    const settled = sequence < startSequence ? 'filtered' : 'confirmed';
    return undelivered.get(positionKey(name, sequence, element)) ?? settled;
  }

  function addEvent(event: EventPosition): void {
    if (event.ordinal >= ranks.length) {
      const larger = new Uint8Array(Math.max(ranks.length * 2, event.ordinal + 1));
      larger.set(ranks);
      ranks = larger;
    }
    const rank = states.indexOf(stateOf(event)) + 1;
    const before = ranks[event.ordinal] ?? 0;
    ranks[event.ordinal] = before === 0 ? rank : Math.min(before, rank);
  }

  return {
    add: addEvent,
    record: (ordinalOf: (id: string) => number | undefined): DestinationRecord => ({
      name,
      assurance,
      stateOf(id) {
        const ordinal = ordinalOf(id);
        return ordinal === undefined ? undefined : states[(ranks[ordinal] ?? 0) - 1];
      },
    }),
  };
}

export const positionKey = (destination: string, sequence: number, element: number): string =>
  `${sequence} ${element} ${destination}`;
