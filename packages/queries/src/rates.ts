// Rates of received bodies and settled events, from samples.

export interface RateSample {
  readonly atMs: number;
  /** Cumulative count of received bodies. */
  readonly bodies: number;
  readonly bytes: number;
  /** Cumulative count of settled events by destination. */
  readonly settled: ReadonlyMap<string, number>;
}

export type Rates = ReturnType<typeof createRates>;

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Every sample of this time is kept. */
const fineMs = 10 * minuteMs;
/** Interval of the older samples. */
const coarseMs = 5 * minuteMs;

export function createRates() {
  const fine: RateSample[] = [];
  const coarse: RateSample[] = [];
  const dropOlder = (samples: RateSample[], ageMs: number, now: number): void => {
    while (samples[0] !== undefined && now - samples[0].atMs > ageMs) samples.shift();
  };
  const over = (ageMs: number, figureOf: (sample: RateSample) => number | undefined): number | null => {
    const last = fine.at(-1);
    const first = fine.find(({ atMs }) => last !== undefined && last.atMs - atMs <= ageMs);
    if (first === undefined || last === undefined) return null;
    return perSecond(first, last, figureOf);
  };
  function addSample(sample: RateSample): void {
    // After the clock stepped back, older samples are useless.
    const last = fine.at(-1);
    if (last !== undefined && sample.atMs <= last.atMs) fine.length = coarse.length = 0;
    fine.push(sample);
    const lastCoarse = coarse.at(-1);
    if (lastCoarse === undefined || sample.atMs - lastCoarse.atMs >= coarseMs) coarse.push(sample);
    dropOlder(fine, fineMs, sample.atMs);
    dropOlder(coarse, dayMs, sample.atMs);
  }
  return {
    add: addSample,
    /** Over the last minute; null before there are two samples. */
    bodiesPerSecond: () => over(minuteMs, ({ bodies }) => bodies),
    eventsPerSecond: (destination: string) => over(minuteMs, ({ settled }) => settled.get(destination)),
    /** Over the last day, or since the start; null in the first minute. */
    bytesPerHour(): number | null {
      const [first] = coarse;
      const last = fine.at(-1);
      if (first === undefined || last === undefined || last.atMs - first.atMs < minuteMs) return null;
      const rate = perSecond(first, last, ({ bytes }) => bytes);
      return rate === null ? null : rate * 3600;
    },
  };
}

function perSecond(
  first: RateSample,
  last: RateSample,
  figureOf: (sample: RateSample) => number | undefined,
): number | null {
  const from = figureOf(first);
  const to = figureOf(last);
  if (from === undefined || to === undefined || last.atMs <= first.atMs) return null;
  return Math.max(0, ((to - from) * 1000) / (last.atMs - first.atMs));
}
