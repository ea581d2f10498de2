// The clock of the REST client: given by the app, driven by tests.

export interface ApiClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Ends when that time is over or `signal` fires, whichever is first; then it may resolve or reject. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Rejects with the signal's reason as soon as it fires. */
export async function pause(clock: ApiClock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  signal.throwIfAborted();
}
