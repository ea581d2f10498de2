// Gauges of the process: memory, event loop delay, uptime and build.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { GaugeReading, MetricTable } from '@xiq-siem/core';

export const processGauges = {
  'xiq_siem.process.rss_bytes': { help: 'Resident memory of the process.', unit: 'By' },
  'xiq_siem.process.event_loop_delay_p99_ms': {
    help: 'Event loop delay, 99th percentile: the higher value of the current and the previous minute.',
    unit: 'ms',
  },
  'xiq_siem.process.uptime_seconds': { help: 'Time since the process started.', unit: 's' },
  'xiq_siem.build_info': { help: 'Always 1; the attributes identify the build.', attributes: ['version', 'node'] },
} as const satisfies MetricTable;

export interface ProcessReadings {
  readings(): readonly GaugeReading<keyof typeof processGauges>[];
  stop(): void;
}

const minuteMs = 60_000;
const resolutionMs = 20;

/** Starts to measure, with one timer that does not keep the process alive. */
export function measureProcess(version: string): ProcessReadings {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let since = performance.now();
  let minuteBefore = 0;

  /** The histogram contains the time between ticks; the time above the interval is the delay. */
  const thisMinute = (): number => (delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - resolutionMs));
  // A read must not reset the value for other readers.
  const delayP99 = (): number => {
    const higher = Math.max(minuteBefore, thisMinute());
    if (performance.now() - since >= minuteMs) {
      minuteBefore = thisMinute();
      delay.reset();
      since = performance.now();
    }
    return higher;
  };

  return {
    readings: () => [
      { name: 'xiq_siem.process.rss_bytes', value: process.memoryUsage.rss() },
      { name: 'xiq_siem.process.event_loop_delay_p99_ms', value: delayP99() },
      { name: 'xiq_siem.process.uptime_seconds', value: process.uptime() },
      { name: 'xiq_siem.build_info', value: 1, attributes: { version, node: process.versions.node } },
    ],
    stop: () => delay.disable(),
  };
}
