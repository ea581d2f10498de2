// For tests: telemetry with its counters and its log.

import { createLogger } from '@xiq-siem/cli';
import { fakeClock } from '@xiq-siem/cli/test-clock';
import { ownCounters, ownGauges } from '../own-metrics.ts';
import { createCounters } from './counters.ts';
import type { TelemetryOptions } from './open-sdk.ts';
import { startTelemetry } from './telemetry.ts';

export const resource = { name: 'xiq-siem-connector', version: '0.1.0', instanceId: 'an-instance' };

/** The clock of the log stands still. */
export function telemetryToTest(options: Partial<TelemetryOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const log = createLogger({ json: true, level: 'debug', write, now: Date.now, clock: fakeClock() });
  const counters = createCounters({ ...ownCounters, ...ownGauges });
  const telemetry = startTelemetry({ counters, gauges: () => [], resource, log, now: Date.now, ...options });
  return { telemetry, counters, lines };
}
