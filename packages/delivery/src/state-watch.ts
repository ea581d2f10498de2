// Notes how a lane's state changes: since when it is so, and one log line a change.
import type { Logger } from '@xiq-siem/core';
import type { Clock } from './clock.ts';
import type { Held } from './held-pool.ts';
import type { Hold } from './policy.ts';
import type { DestinationStatus } from './services.ts';

export interface StateWatch {
  /** Epoch milliseconds since which the state is what it is now. */
  since(state: DestinationStatus['state']): number;
  /** Says what has changed since it was last told. */
  tell(hold: Hold | undefined, held: Held | undefined, lastWords: string | undefined): void;
}

export function createStateWatch(name: string, log: Logger, clock: Clock): StateWatch {
  let state: DestinationStatus['state'] = 'running';
  let sinceMs = clock.now();
  let told = 'running';
  const toldHeld = new Set<string>();

  const tellHeld = (held: Held | undefined) => {
    if (held === undefined) {
      if (toldHeld.size > 0) log.info('delivery.held_no_longer', { destination: name });
      toldHeld.clear();
    } else if (!toldHeld.has(held.code)) {
      toldHeld.add(held.code);
      log.warn('delivery.held', { destination: name, code: held.code, events: held.events, words: held.words });
    }
  };
  return {
    since(now) {
      if (now !== state) {
        state = now;
        sinceMs = clock.now();
      }
      return sinceMs;
    },
    tell(hold, held, lastWords) {
      tellHeld(held);
      const now = hold === undefined ? 'running' : `${hold.state} ${hold.code}`;
      if (now === told) return;
      told = now;
      if (hold === undefined) log.info('delivery.resumed', { destination: name });
      else log.warn(`delivery.${hold.state}`, { destination: name, code: hold.code, words: lastWords });
    },
  };
}
