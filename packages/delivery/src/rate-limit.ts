// The rate limit of a delivery stream (AIMD): halved when the destination asks to slow down, increased in small steps.

const smallestShare = 0.0001;
const shareStep = 0.1;
const maxSuccessesPerIncrease = 256;

export type RateLimit = ReturnType<typeof createRateLimit>;

export function createRateLimit(maxInFlight: number) {
  let inFlight = maxInFlight;
  /** Share of the configured batch size. */
  let share = 1;
  /** Successes that an increase takes: more after each overload, so that the limit is not found again and again. */
  let successesPerIncrease = 1;
  let successes = 0;

  const shrinkBatches = () => {
    share = Math.max(smallestShare, share / 2);
  };
  function slowDown() {
    if (inFlight > 1) inFlight = Math.max(1, inFlight / 2);
    else shrinkBatches();
  }
  function speedUp() {
    if (++successes % successesPerIncrease !== 0) return;
    if (share === 1 && inFlight === maxInFlight) successesPerIncrease = 1;
    if (share < 1) share = Math.min(1, share < shareStep ? share * 2 : share + shareStep);
    else inFlight = Math.min(maxInFlight, inFlight + 1 / inFlight);
  }
  function startGently() {
    inFlight = 1;
    share = Math.min(share, shareStep);
  }

  function reduceForOverload() {
    slowDown();
    shrinkBatches();
    successesPerIncrease = Math.min(maxSuccessesPerIncrease, successesPerIncrease * 4);
  }

  return {
    /** Batches in flight, and the share of the configured batch size. */
    current: () => ({ inFlight: Math.floor(inFlight), share }),
    shrinkBatches,
    slowDown,
    speedUp,
    /** After an outage: the destination may not bear the full load yet. */
    startGently,
    /** Batches do not end in time although probes do: the load is the cause. */
    reduceForOverload,
    isOverloaded: () => successesPerIncrease > 1,
  };
}
