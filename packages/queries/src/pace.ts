// How fast bodies come and events go, from samples.

export interface PaceSample {
  readonly atMs: number;
  /** Received since some time before. */
  readonly bodies: number;
  readonly bytes: number;
  /** Events settled, by destination. */
  readonly settled: ReadonlyMap<string, number>;
}

export type Pace = ReturnType<typeof createPace>;

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Older than this, one sample in so many milliseconds is kept. */
const fineMs = 10 * minuteMs;
const coarseMs = 5 * minuteMs;

export function createPace() {
  const fine: PaceSample[] = [];
  const coarse: PaceSample[] = [];
  const dropOlder = (samples: PaceSample[], ageMs: number, now: number): void => {
    while (samples[0] !== undefined && now - samples[0].atMs > ageMs) samples.shift();
  };
  const over = (ageMs: number, figureOf: (sample: PaceSample) => number | undefined): number | null => {
    const last = fine.at(-1);
    const first = fine.find(({ atMs }) => last !== undefined && last.atMs - atMs <= ageMs);
    if (first === undefined || last === undefined) return null;
    return perSecond(first, last, figureOf);
  };
  return {
    add(sample: PaceSample): void {
      // A clock that stepped back begins anew.
      const last = fine.at(-1);
      if (last !== undefined && sample.atMs <= last.atMs) fine.length = coarse.length = 0;
      fine.push(sample);
      const lastCoarse = coarse.at(-1);
      if (lastCoarse === undefined || sample.atMs - lastCoarse.atMs >= coarseMs) coarse.push(sample);
      dropOlder(fine, fineMs, sample.atMs);
      dropOlder(coarse, dayMs, sample.atMs);
    },
    /** Over the last minute; null before there are two samples. */
    bodiesPerSecond: () => over(minuteMs, ({ bodies }) => bodies),
    eventsPerSecond: (destination: string) => over(minuteMs, ({ settled }) => settled.get(destination)),
    /** Over the last day, or as long as is known; null before a minute of it. */
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
  first: PaceSample,
  last: PaceSample,
  figureOf: (sample: PaceSample) => number | undefined,
): number | null {
  const from = figureOf(first);
  const to = figureOf(last);
  if (from === undefined || to === undefined || last.atMs <= first.atMs) return null;
  return Math.max(0, ((to - from) * 1000) / (last.atMs - first.atMs));
}
