// Reads and checks the configuration and its secrets, and creates the HTTP agents of destinations.
export { advise } from './advice.ts';
export { configChanges } from './changes.ts';
export { dataDirectoryOf } from './data-directory.ts';
export { createAgents, noProxyAdvice } from './egress.ts';
export { environmentFaults } from './environment-faults.ts';
export { formatFault } from './faults.ts';
export { fieldDefinitionsOf } from './field-names.ts';
export type { Configuration, ConfiguredDestination, ConfiguredSource, Registry } from './load.ts';
export { checkConfiguration, configurationError, loadConfiguration } from './load.ts';
export type { RoutingFaults } from './routing.ts';
export { routingFaults } from './routing.ts';
export { commonDestinationSchema, commonSourceSchema, configurationSchema, selfSourceName } from './schema.ts';
export {
  joinSecrets,
  managedSecretPath,
  openManagedSecret,
  openSecret,
  readManagedSecret,
  secretLines,
} from './secrets.ts';
export { parseYaml } from './yaml-file.ts';
