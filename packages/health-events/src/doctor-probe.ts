// The event that `doctor` sends through everything.
import { newSignal, type Signal } from './signal.ts';

/** Marked as synthetic; kept whether or not signals are switched on, since somebody asked for it. */
export function doctorProbe(nowMs: number): Signal {
  return newSignal('doctor-probe', 'doctor', nowMs);
}
