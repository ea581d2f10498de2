// What the process itself has to tell: memory, how late its event loop is, its age and its build.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { GaugeReading, MetricTable } from '@xiq-siem/core';

export const processGauges = {
  'xiq_siem.process.rss_bytes': { help: 'Memory of the process that is resident.', unit: 'By' },
  'xiq_siem.process.event_loop_delay_p99_ms': {
    help: 'How late the event loop was, 99th percentile: the worse of this minute and the one before.',
    unit: 'ms',
  },
  'xiq_siem.process.uptime_seconds': { help: 'Time since the start of the process.', unit: 's' },
  'xiq_siem.build_info': { help: 'Always 1: what is running.', attributes: ['version', 'node'] },
} as const satisfies MetricTable;

export interface ProcessReadings {
  readings(): readonly GaugeReading<keyof typeof processGauges>[];
  stop(): void;
}

const minuteMs = 60_000;
const resolutionMs = 20;

/** Measures from now on, at the cost of one timer, which keeps no process alive. */
export function measureProcess(version: string): ProcessReadings {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let since = performance.now();
  let minuteBefore = 0;

  /** The histogram measures from tick to tick: what is above its own interval is the delay. */
  const thisMinute = (): number => (delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - resolutionMs));
  // Whoever asks, and however often: one who asks must not take the figure from another.
  const delayP99 = (): number => {
    const worse = Math.max(minuteBefore, thisMinute());
    if (performance.now() - since >= minuteMs) {
      minuteBefore = thisMinute();
      delay.reset();
      since = performance.now();
    }
    return worse;
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
