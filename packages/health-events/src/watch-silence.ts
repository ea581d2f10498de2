// Watches whether a source is quiet for longer than its habit.
import { createHabit, type Habit } from './habit.ts';
import type { Look, Watcher } from './look.ts';
import { newSignal } from './signal.ts';

/** Whatever its habit: a source that is quiet for less is not said to be silent. */
const minSilenceMs = 600_000;

interface Watched {
  readonly habit: Habit;
  /** The habit that it broke, where it was said to be silent. */
  silent: number | undefined;
}

export function watchSilence(): Watcher {
  const watched = new Map<string, Watched>();
  return function* silence({ atMs, sources, lastReceivedMs, settings }: Look) {
    for (const name of watched.keys()) if (!sources.includes(name)) watched.delete(name);
    for (const source of sources) {
      const one = watched.get(source) ?? { habit: createHabit(), silent: undefined };
      watched.set(source, one);
      const received = lastReceivedMs(source);
      if (received === undefined) continue;
      const before = one.habit.lastMs();
      const facts = (ms: number, habitMs: number, lastMs: number) => ({
        ...{ source, 'silence.seconds': ms / 1000, 'silence.habit_seconds': habitMs / 1000 },
        'silence.last_received': new Date(lastMs).toISOString(),
      });
      if (received !== before) {
        const { silent } = one;
        one.habit.heard(received, silent === undefined);
        one.silent = undefined;
        if (silent !== undefined && before !== undefined) {
          yield newSignal('source-heard', source, atMs, {
            facts: facts(Math.max(0, received - before), silent, received),
          });
        }
      }
      const usual = one.habit.longestMs(atMs);
      if (one.silent !== undefined || usual === undefined) continue;
      const quietMs = atMs - received;
      if (quietMs <= Math.max(minSilenceMs, usual * settings.silentFactor)) continue;
      one.silent = usual;
      yield newSignal('source-silent', source, atMs, { facts: facts(quietMs, usual, received) });
    }
  };
}
