// Opens and reloads the configured sources, destinations, journal and delivery.
export type { DestinationCheck, SeenProblem } from './destination-checks.ts';
export { checkDestinations } from './destination-checks.ts';
export type { Pipeline } from './pipeline.ts';
export { openPipeline } from './pipeline.ts';
export { exportedMetrics, pluginMeterMetrics } from './plugin-meter.ts';
export type { OpenDestination, PluginServices, ReceivingSource } from './plugins.ts';
export { destinationContext, openDestination, readingSources } from './plugins.ts';
export {
  caughtUp,
  defaultJournalBytes,
  forgetDestination,
  openConfiguredDeadLetters,
  openConfiguredJournal,
} from './stages.ts';
