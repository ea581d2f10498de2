// A wait that ends with its signal.
import type { Clock } from '@xiq-siem/delivery';

/** Rejects with the signal's reason as soon as it fires. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await clock.sleep(ms, signal);
  signal.throwIfAborted();
}
