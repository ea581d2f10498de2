// Sleeps until a time has passed or the signal fires.
import type { Clock } from '@xiq-siem/delivery';

/** Rejects with the signal's reason when it fires. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await clock.sleep(ms, signal);
  signal.throwIfAborted();
}
