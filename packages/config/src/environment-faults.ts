// What a valid configuration lacks on this machine: secrets, usable proxies, certificate files.
import { egressFaults } from './egress.ts';
import type { ConfigFault } from './faults.ts';
import type { Configuration } from './load.ts';
import { secretFaults } from './secrets.ts';

/** Checked before a configuration is used, and by `validate`. */
export function environmentFaults(configuration: Configuration): readonly ConfigFault[] {
  return [...secretFaults(configuration), ...egressFaults(configuration)];
}
