// The exit codes of all commands, and their meaning.
import { exitCodes } from '@xiq-siem/core';

export const exits = {
  ...exitCodes,
  /** The command worked, and reports a problem. */
  attention: 1,
  /** A change is pending: a dry run, or not confirmed. */
  undone: 2,
  /** No problem is known, but not everything can be proved. */
  unprovable: 3,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exits;

/** One line each, for the reference. */
export const exitMeanings: readonly (readonly [number, string])[] = [
  [exits.ok, 'Success; no problem.'],
  [exits.attention, 'The command worked and reports a problem: an operator must act.'],
  [exits.undone, 'A change is pending and was not made: dry run, or not confirmed.'],
  [exits.unprovable, 'Nothing is known to be missing, but not everything can be proved.'],
  [exits.usage, 'The arguments are wrong, or there is no data directory.'],
  [exits.notFound, 'The named object does not exist.'],
  [
    exits.unavailable,
    'The connector does not run or does not respond, a port is in use, or a destination cannot be reached.',
  ],
  [exits.internal, 'Internal error: a bug in the connector. Please report it.'],
  [exits.io, 'The disk failed.'],
  [exits.temporary, 'A resource is in use, or a limit is reached. Try again later.'],
  [exits.protocol, 'A server sent an unexpected response, or the versions do not match.'],
  [exits.permission, 'A server refused the credentials, or they lack a permission.'],
  [exits.config, 'The configuration, or the format of the data directory, is invalid.'],
  [exits.interrupted, 'Ended by Ctrl-C.'],
];
