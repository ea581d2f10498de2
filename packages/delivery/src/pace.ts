// How much is sent at once: halved when asked to slow down, raised step by step while all is well.

export interface Pace {
  /** Batches under way at once. */
  inFlight(): number;
  /** Part of the configured batch, in (0, 1]. */
  share(): number;
  slowDown(): void;
  sendLessAtOnce(): void;
  /** After a failure of the whole destination: it may be up, but hardly. */
  startGently(): void;
  wentWell(): void;
}

const smallestShare = 0.0001;
const shareStep = 0.1;

export function createPace(maxInFlight: number): Pace {
  let inFlight = maxInFlight;
  let share = 1;
  const sendLessAtOnce = () => {
    share = Math.max(smallestShare, share / 2);
  };
  return {
    inFlight: () => Math.floor(inFlight),
    share: () => share,
    sendLessAtOnce,
    startGently() {
      inFlight = 1;
      share = Math.min(share, shareStep);
    },
    slowDown() {
      if (inFlight > 1) inFlight = Math.max(1, inFlight / 2);
      else sendLessAtOnce();
    },
    wentWell() {
      if (share < 1) share = Math.min(1, share < shareStep ? share * 2 : share + shareStep);
      else inFlight = Math.min(maxInFlight, inFlight + 1 / inFlight);
    },
  };
}
