// The cloud's own clock: this machine's, and an offset that can be changed.

export interface CloudClock {
  /** Epoch ms. */
  now(): number;
  offsetMs(): number;
  setOffset(ms: number): void;
}

export function createCloudClock(initialOffsetMs: number): CloudClock {
  let offset = initialOffsetMs;
  return {
    now: () => Date.now() + offset,
    offsetMs: () => offset,
    setOffset(ms) {
      offset = ms;
    },
  };
}
