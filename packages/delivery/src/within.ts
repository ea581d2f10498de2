// Waits for something, but not for ever.
import { type Clock, noReason } from './clock.ts';

/** True if `work` ended within the time. Its failure is thrown. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([work.then(() => true), clock.sleep(ms, timer.signal).then(() => false)]);
  } finally {
    timer.abort(noReason);
  }
}
