// The connector's own events, as a source beside the others.
export { doctorProbe } from './doctor-probe.ts';
export { connectorFields } from './facts.ts';
export { selfSource } from './self-source.ts';
export type { Signal } from './signal.ts';
export { signalActions } from './signal.ts';
export { signalTable } from './signal-table.ts';
export { healthEventMetrics, startSignals } from './signals.ts';
