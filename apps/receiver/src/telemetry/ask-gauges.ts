// Asks for the gauges so that neither a failure nor a delay of theirs keeps the counters from being shown.
import type { GaugeReading, Logger } from '@xiq-siem/core';

export type Gauges = () => readonly GaugeReading[] | Promise<readonly GaugeReading[]>;

const late = Symbol('late');

/** Those who ask at once share one answer; none after `timeoutMs`, or after a failure, which is said. */
export function askGauges(gauges: Gauges, log: Logger, timeoutMs = 5_000): () => Promise<readonly GaugeReading[]> {
  let asking: Promise<readonly GaugeReading[]> | undefined;
  const ask = async (): Promise<readonly GaugeReading[]> => {
    try {
      return await gauges();
    } catch (cause) {
      log.error('telemetry.gauges_failed', { why: String(cause) });
      return [];
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    asking ??= ask();
    const { promise, resolve } = Promise.withResolvers<typeof late>();
    const timer = setTimeout(resolve, timeoutMs, late);
    const answer = await Promise.race([asking, promise]);
    clearTimeout(timer);
    if (answer !== late) return answer;
    log.error('telemetry.gauges_late', { timeoutMs });
    return [];
  };
}
