// One call of a destination, ended within its time whatever the plugin does.
import type { Batch, Destination } from '@xiq-siem/core';
import type { Clock } from './clock.ts';

export type AttemptEnd =
  | { readonly kind: 'reported'; readonly report: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The call goes on although its signal has fired. */
  | { readonly kind: 'hung' };

export interface Attempt {
  /** Never rejects. */
  readonly end: Promise<AttemptEnd>;
  /** Resolves when the call itself has ended, perhaps long after `end`, perhaps never. */
  readonly ended: Promise<unknown>;
}

export interface AttemptOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the attempt early: we stop. */
  readonly stop: AbortSignal;
}

/** Time that a plugin has to end a call after its signal fired. */
const abortGraceMs = 2_000;

export function attempt(destination: Destination, batch: Batch, options: AttemptOptions): Attempt {
  const { clock, timeoutMs, stop } = options;
  const limit = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([limit.signal, stop]);
  const ended = Promise.resolve()
    .then(() => destination.deliver(batch, signal))
    .then(
      (report): AttemptEnd => ({ kind: 'reported', report }),
      (error: unknown): AttemptEnd => ({ kind: 'threw', error }),
    )
    .finally(() => over.abort());
  const run = async (): Promise<AttemptEnd> => {
    const wait = AbortSignal.any([over.signal, stop]);
    await clock.sleep(timeoutMs, wait);
    if (!over.signal.aborted) {
      limit.abort(new Error('the time limit of the attempt is over'));
      await clock.sleep(abortGraceMs, over.signal);
    }
    return over.signal.aborted ? ended : { kind: 'hung' };
  };
  return { end: run(), ended };
}
