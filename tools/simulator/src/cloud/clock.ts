// The clock of the cloud: this machine's clock plus an offset.

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
