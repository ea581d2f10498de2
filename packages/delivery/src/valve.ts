// Whether a lane may send now, and how much: what the policy says, and what dead letters and held events add to it.
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Held } from './held-pool.ts';
import type { Hold, Limits, Policy } from './policy.ts';

export interface Valve {
  /** Why it is not sent to as usual; undefined if it is. */
  hold(): Hold | undefined;
  limits(): Limits;
  /** Nothing at all may be sent. */
  isShut(): boolean;
}

export interface ValveParts {
  readonly policy: Pick<Policy, 'hold' | 'limits'>;
  readonly graves: Pick<DeadLetterQueue, 'blockedBy'>;
  readonly held: () => Held | undefined;
  /** What may be open at once; bytes are those of JSON. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** All that is open is held, and yet there is no room for more. */
  readonly isStuck: (held: Held) => boolean;
}

export function createValve({ policy, graves, held, window, isStuck }: ValveParts): Valve {
  /** What is held must leave half of the window to the others; a position with many gaps is full sooner. */
  const fullOfHeld = (): Held | undefined => {
    const now = held();
    if (now === undefined) return undefined;
    return now.events * 2 >= window.events || now.bytes * 2 >= window.bytes || isStuck(now) ? now : undefined;
  };
  return {
    isShut: () => graves.blockedBy() !== undefined,
    limits: () => ({ ...policy.limits(), againOnly: fullOfHeld() !== undefined }),
    hold() {
      const blocked = graves.blockedBy();
      if (blocked !== undefined) return { state: 'paused', code: blocked };
      const hold = policy.hold();
      if (hold !== undefined) return hold;
      const full = fullOfHeld();
      return full === undefined ? undefined : { state: 'paused', code: full.code };
    },
  };
}
