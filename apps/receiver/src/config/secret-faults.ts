// Secrets that a configuration names and that are not there.
import { secretFault } from '../secrets.ts';
import type { ConfigFault } from './faults.ts';
import type { Configuration } from './load.ts';

/** A source without one readable secret would refuse every webhook: that is a fault, an absent optional one is not. */
export function secretFaults(configuration: Configuration): readonly ConfigFault[] {
  return configuration.sources.flatMap(({ name, secrets }) => {
    const checked = secrets.map(({ reference, path }) => ({
      path,
      optional: 'optional' in reference && reference.optional,
      message: secretFault(reference, configuration.resolvePath),
    }));
    const required = checked.flatMap(({ path, optional, message }) =>
      message === undefined || optional ? [] : [configuration.locate({ path, message })],
    );
    if (required.length > 0 || checked.some(({ message }) => message === undefined)) return required;
    const message = 'none of the secrets is there, so that every webhook would be refused';
    return [configuration.locate({ path: ['sources', name, 'secrets'], message })];
  });
}
