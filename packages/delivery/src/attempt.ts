// One call of a destination, ended within its time whatever the plugin does.
import type { Batch, Destination } from '@xiq-siem/core';
import { type Clock, noReason } from './clock.ts';

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
  const cut = new AbortController();
  const timer = new AbortController();
  const grace = new AbortController();
  let over = false;
  const cutOff = () => {
    cut.abort(stop.reason);
    timer.abort(stop.reason);
  };
  if (stop.aborted) cutOff();
  else stop.addEventListener('abort', cutOff, { once: true });
  const ended = Promise.resolve()
    .then(() => destination.deliver(batch, cut.signal))
    .then(
      (report): AttemptEnd => ({ kind: 'reported', report }),
      (error: unknown): AttemptEnd => ({ kind: 'threw', error }),
    )
    .finally(() => {
      over = true;
      stop.removeEventListener('abort', cutOff);
      timer.abort(noReason);
      grace.abort(noReason);
    });
  const run = async (): Promise<AttemptEnd> => {
    await clock.sleep(timeoutMs, timer.signal);
    if (!over) {
      cut.abort(new Error('the time limit of the attempt is over'));
      await clock.sleep(abortGraceMs, grace.signal);
    }
    return over ? ended : { kind: 'hung' };
  };
  return { end: run(), ended };
}
