// How a command ends that asks ExtremeCloud IQ and cannot.
import { exits } from '../exit-codes.ts';

export const apiExits = [
  [exits.unavailable, 'ExtremeCloud IQ cannot be reached'],
  [exits.temporary, 'too many requests this hour, or somebody changes the same: try again later'],
  [exits.protocol, 'ExtremeCloud IQ refuses, or answers what makes no sense'],
  [exits.permission, 'ExtremeCloud IQ does not take our credentials, or they may not do this'],
  [exits.interrupted, 'Ctrl-C'],
] as const;
