// Decides whether files may be deleted because of their age: a wall clock alone can be wrong by years.

/** A change of the wall clock that the monotonic clock did not show. */
export interface ClockStep {
  /** Negative if the clock was set back. */
  readonly byMs: number;
  /** The wall clock after the step, in epoch milliseconds. */
  readonly atMs: number;
}

export interface AgeGuard {
  /** False while the age of a file may be wrong: delete nothing by age then. Compares the clocks at each call. */
  mayDeleteByAge(): boolean;
  /** The step that the wall clock still differs by. Compares the clocks. */
  step(): ClockStep | undefined;
  /**
   * Tells what an earlier process stored of `confirmedMs`, and how long the connector may have been stopped. After a longer
   * time, or with nothing stored, deletion by age waits for a day.
   */
  resume(storedMs: number | undefined, maxStoppedMs: number): void;
  /** The time to store for `resume`. It ignores steps, and does not advance during the wait after a start. */
  confirmedMs(): number | undefined;
}

interface AgeGuardOptions {
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds since any time. It never steps. */
  readonly monotonicMs: () => number;
  readonly onStep: (step: ClockStep) => void;
  /** The wall clock agrees with the monotonic clock again. */
  readonly onStepEnded: () => void;
}

const maxStepMs = 3_600_000;
const waitMs = 24 * 3_600_000;

/**
 * Deletion by age stops at a step of more than one hour, until the wall clock is set back to the time before, or the
 * connector is restarted. Smaller differences are accepted: clocks are corrected often.
 */
export function createAgeGuard({ now, monotonicMs, onStep, onStepEnded }: AgeGuardOptions): AgeGuard {
  let offsetMs = now() - monotonicMs();
  let step: ClockStep | undefined;
  let waitUntilMs = Number.NEGATIVE_INFINITY;
  let storedMs: number | undefined;

  function compareClocks(): ClockStep | undefined {
    const atMs = now();
    const byMs = atMs - monotonicMs() - offsetMs;
    if (Math.abs(byMs) <= maxStepMs) {
      offsetMs += byMs;
      if (step !== undefined) onStepEnded();
      step = undefined;
    } else if (step === undefined || Math.abs(byMs - step.byMs) > maxStepMs) {
      step = { byMs, atMs };
      onStep(step);
    }
    return step;
  }

  const isWaiting = (): boolean => monotonicMs() < waitUntilMs;

  function resumeFrom(stored: number | undefined, maxStoppedMs: number): void {
    const stoppedMs = stored === undefined ? Number.POSITIVE_INFINITY : now() - stored;
    if (stoppedMs >= -maxStepMs && stoppedMs <= Math.max(maxStoppedMs, waitMs)) return;
    storedMs = stored;
    waitUntilMs = monotonicMs() + waitMs;
  }

  return {
    mayDeleteByAge: () => compareClocks() === undefined && !isWaiting(),
    step: compareClocks,
    resume: resumeFrom,
    confirmedMs() {
      compareClocks();
      return isWaiting() ? storedMs : offsetMs + monotonicMs();
    },
  };
}
