// What became of kept events at one destination, event by event, without looking each of them up.
import type { KnownDestination, ReadModel } from '@xiq-siem/queries';
import { isSettled } from '@xiq-siem/queries';
import type { DestinationRecord } from './proof.ts';

/** Best first: an event may have come in more than one body, and the best of it counts. */
const states = ['confirmed', 'deadLettered', 'waiting', 'filtered'] as const;
type State = (typeof states)[number];

export interface EventPlace {
  /** Numbers the different events from 0. */
  readonly ordinal: number;
  readonly sequence: number;
  readonly element: number;
  readonly dataset: string;
  readonly source: string;
  /** It came after a back-fill had brought it: no destination was sent it. */
  readonly isDuplicate: boolean;
}

interface SettledEvidence extends Pick<ReadModel, 'position'> {
  readonly journal: Pick<ReadModel['journal'], 'retentionGaps'>;
}

/** `undelivered` are keys of dead letters, as `placeKey` makes them; `began`: where its history of progress begins. */
export function settledStates(
  { journal, position: positionOf }: SettledEvidence,
  { name, assurance, wants }: Omit<KnownDestination, 'type'>,
  undelivered: ReadonlySet<string>,
  began: number,
) {
  const position = positionOf(name);
  const gaps = journal.retentionGaps().filter(({ destination }) => destination === name);
  /** By ordinal: 0 where nothing is known yet, else the place of the state in `states`, and one. */
  let noted = new Uint8Array(1_024);

  function stateOf({ sequence, element, dataset, source, isDuplicate }: EventPlace): State {
    if (isDuplicate || !wants({ dataset, source })) return 'filtered';
    const isLetGo = gaps.some(({ fromSequence, toSequence }) => sequence >= fromSequence && sequence <= toSequence);
    if (position === undefined || isLetGo || !isSettled(position, sequence, element)) return 'waiting';
    if (undelivered.has(placeKey(name, sequence, element))) return 'deadLettered';
    // It begins where it was told to: what is before was never meant for it.
    return sequence < began ? 'filtered' : 'confirmed';
  }
  return {
    note(place: EventPlace): void {
      if (place.ordinal >= noted.length) {
        const more = new Uint8Array(Math.max(noted.length * 2, place.ordinal + 1));
        more.set(noted);
        noted = more;
      }
      const rank = states.indexOf(stateOf(place)) + 1;
      const before = noted[place.ordinal] ?? 0;
      noted[place.ordinal] = before === 0 ? rank : Math.min(before, rank);
    },
    record: (ordinalOf: (id: string) => number | undefined): DestinationRecord => ({
      name,
      assurance,
      stateOf(id) {
        const ordinal = ordinalOf(id);
        return ordinal === undefined ? undefined : states[(noted[ordinal] ?? 0) - 1];
      },
    }),
  };
}

export const placeKey = (destination: string, sequence: number, element: number): string =>
  `${sequence} ${element} ${destination}`;
