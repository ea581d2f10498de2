// Splunk's HTTP Event Collector as a destination.
export { splunkHecDestination } from './splunk-hec-destination.ts';
