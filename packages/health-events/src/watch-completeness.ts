// Watches the proof of completeness: an hour of which events are missing.
import type { Look } from './look.ts';
import { newSignal, type Signal } from './signal.ts';

/** Once for each hour and message type. */
export function watchCompleteness(): (look: Pick<Look, 'atMs' | 'completeness'>) => Iterable<Signal> {
  /** The last hour that was said, by source and message type. */
  const said = new Map<string, number>();
  return function* incomplete({ atMs, completeness }) {
    for (const { source, messageType, hourMs, state, xiq, kept, missing, surplus } of completeness()) {
      const key = `${source} ${messageType}`;
      if (state !== 'missing' || said.get(key) === hourMs) continue;
      said.set(key, hourMs);
      yield newSignal('completeness-missing', source, atMs, {
        facts: {
          ...{ source, message_type: messageType, count: missing, 'completeness.kept': kept },
          'completeness.hour': new Date(hourMs).toISOString(),
          'completeness.surplus': surplus,
          ...(xiq !== undefined && { 'completeness.xiq': xiq }),
        },
      });
    }
  };
}
