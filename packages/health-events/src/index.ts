// Health events: reports of the connector about itself, as a source of events.

export { connectorFields } from './content.ts';
export type { HealthAction } from './event-table.ts';
export { eventTable } from './event-table.ts';
export type { HealthEvent } from './health-event.ts';
export { doctorProbe } from './health-event.ts';
export { healthEventMetrics, startHealthEvents } from './health-events.ts';
export { selfSource } from './self-source.ts';
export type { HourFigures, RefusedAddress } from './watch.ts';
