// Finds files of a data directory that were removed, damaged, or replaced by older copies while the connector was stopped.
import type { Position, RetentionGap } from '@xiq-siem/core';
import type { Head, inspectLog } from './inspect-log.ts';
import { endOfPosition } from './position.ts';
import { recordsStart } from './segment-format.ts';
import type { FoundInSlots } from './slot-file.ts';

export interface JournalIncident {
  /** `journal`: bodies may be lost. `position`: a destination receives events again. */
  readonly kind: 'journal' | 'position';
  readonly reason: string;
  /** Number of bodies; undefined if unknown. */
  readonly lost: number | undefined;
}

/** What the state file knows of the data directory. */
export interface KnownHistory {
  /** Destinations that had a position, and were not forgotten. */
  readonly destinations: readonly string[];
  /** All bodies that the state file names have a lower sequence. */
  readonly nextSequence: number;
  /** Dead letters of a destination that are not stored again if it starts at a sequence. */
  deadLettered(destination: string, fromSequence: number): Promise<number>;
}

export const nothingKnown: KnownHistory = { destinations: [], nextSequence: 1, deadLettered: async () => 0 };

export type SavedPositions = ReadonlyMap<string, Position | 'damaged'>;

/** For `inspectLog`. */
export function knownSequences(saved: SavedPositions, known: KnownHistory) {
  const positions = [...saved.values()].filter((one) => one !== 'damaged');
  return {
    nextSequence: Math.max(known.nextSequence, ...positions.map(endOfPosition)),
    settledBelow: positions.length === 0 ? 1 : Math.min(...positions.map(({ sequence }) => sequence)),
  };
}

interface FoundFiles {
  readonly head: FoundInSlots<Head>;
  readonly log: Pick<Awaited<ReturnType<typeof inspectLog>>, 'set' | 'endsAt' | 'isRemoved'>;
  readonly saved: SavedPositions;
  readonly gaps: { readonly found: readonly RetentionGap[]; readonly damaged: boolean };
  readonly known: KnownHistory;
}

/** The destinations whose position is missing or damaged. */
export function withoutPosition({ saved, known }: Pick<FoundFiles, 'saved' | 'known'>): readonly string[] {
  const damaged = [...saved].flatMap(([name, found]) => (found === 'damaged' ? [name] : []));
  return [...damaged, ...known.destinations.filter((name) => !saved.has(name))];
}

export function findIncidents(files: FoundFiles): readonly JournalIncident[] {
  return [
    ...journalIncident(files),
    ...gapsIncident(files),
    ...withoutPosition(files).map((name): JournalIncident => {
      const problem = files.saved.has(name) ? 'is damaged' : 'is missing';
      const effect = 'it starts again at the oldest stored request, so events are sent twice';
      return { kind: 'position', reason: `the position of ${name} ${problem}: ${effect}`, lost: 0 };
    }),
  ];
}

function journalIncident({ head, log: { set, endsAt, isRemoved }, saved, known }: FoundFiles) {
  const incident = (reason: string): readonly JournalIncident[] => [{ kind: 'journal', reason, lost: undefined }];
  const sequences = knownSequences(saved, known);
  const hasHistory = saved.size > 0 || known.destinations.length > 0 || sequences.nextSequence > 1;
  if (isRemoved) {
    const effect = 'requests that a destination had not delivered are lost';
    return hasHistory ? incident(`the journal is empty, but destinations have read from it: ${effect}`) : [];
  }
  if (sequences.nextSequence > endsAt) {
    return incident('positions are beyond the end of the journal: was an older copy of it restored?');
  }
  const hasBodies = set.segments.some(({ bytes }) => bytes > recordsStart);
  if (head.value !== undefined || !hasBodies) return [];
  const problem = head.damaged ? 'damaged' : 'missing';
  return incident(`the file journal/head is ${problem}: it is unknown whether requests at the end are missing`);
}

function gapsIncident({ head, gaps: { found, damaged } }: FoundFiles): readonly JournalIncident[] {
  const expected = head.value?.gapBodies;
  const lost = expected === undefined ? undefined : expected - bodiesIn(found);
  if (!damaged && (lost === undefined || lost <= 0)) return [];
  const reason = 'the file journal/gaps is damaged, missing or older: retention gaps are not shown any more';
  return [{ kind: 'journal', reason, lost }];
}

export const bodiesIn = (gaps: readonly RetentionGap[]): number => gaps.reduce((sum, { bodies }) => sum + bodies, 0);
