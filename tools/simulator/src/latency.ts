// Percentiles of latencies in bounded memory, with buckets that are 2 % wide.

export interface Latencies {
  add(ms: number): void;
  /** Upper end of the bucket with the percentile, in ms; 0 where nothing was added. */
  percentile(percent: number): number;
}

const width = 1.02;
const smallestMs = 0.01;

export function createLatencies(): Latencies {
  const buckets: number[] = [];
  let total = 0;
  return {
    add(ms) {
      const bucket = Math.max(0, Math.ceil(Math.log(ms / smallestMs) / Math.log(width)));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      total += 1;
    },
    percentile(percent) {
      let left = (total * percent) / 100;
      for (const [bucket, count = 0] of buckets.entries()) {
        left -= count;
        if (count > 0 && left <= 0) return Number((smallestMs * width ** bucket).toPrecision(3));
      }
      return 0;
    },
  };
}
