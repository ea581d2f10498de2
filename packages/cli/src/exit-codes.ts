// Every exit code of every command, and what it says.
import { exitCodes } from '@xiq-siem/core';

export const exits = {
  ...exitCodes,
  /** The question was answered, and the answer is not a good one. */
  attention: 1,
  /** Something is to be done that was not: only looked at, or not agreed to. */
  undone: 2,
  /** Nothing is known to be wrong, but not all can be proved. */
  unprovable: 3,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exits;

/** One line each, for the reference. */
export const exitMeanings: readonly (readonly [number, string])[] = [
  [exits.ok, 'Done, and all is well.'],
  [exits.attention, 'Done, and the answer is that something is not well: it needs a person.'],
  [exits.undone, 'Something is to be done and was not: only looked at, or not agreed to.'],
  [exits.unprovable, 'Nothing is known to be missing, but not all of it can be proved.'],
  [exits.usage, 'The command line is wrong, or what it asks makes no sense.'],
  [exits.notFound, 'What was named is not there.'],
  [
    exits.unavailable,
    'The connector does not run or does not answer, a port is taken, or a destination cannot be reached.',
  ],
  [exits.internal, 'A fault of ours. Please report it.'],
  [exits.io, 'The disk failed.'],
  [exits.temporary, 'Somebody else holds what is needed, or enough is under way already: try again later.'],
  [exits.protocol, 'The other side does not speak as it should.'],
  [exits.permission, 'The other side does not let us in, or not that far.'],
  [exits.config, 'The configuration, or the format of the data directory, is at fault.'],
  [exits.interrupted, 'Ended by Ctrl-C.'],
];
