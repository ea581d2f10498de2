// Sends batches to one destination, and holds its plugin to the contract: a report in time, whatever the plugin does.
import type { Batch, Destination } from '@xiq-siem/core';
import { aborted, type Clock, noReason } from './clock.ts';
import type { Pending } from './pending-queue.ts';
import { sanitizeError } from './sanitize-text.ts';
import type { SendSlots } from './send-slots.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { type CheckedReport, checkReport, unreadable } from './verdicts.ts';

const maxHungCalls = 8;
/** Time that a plugin has to end a call after its signal fired. */
const abortGraceMs = 2_000;

/** `maxInFlight`: what the destination may have in flight at once, whatever this delivery stream sends. */
export function createSender(
  { name, destination, definition, options }: DeliveryDestination,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  maxInFlight: number,
  slots: SendSlots,
  stop: AbortSignal,
) {
  const codes = new Set(definition.codes);
  let hungCalls = 0;
  let pluginFaults = 0;

  const countAttempt = (result: string) => meter.add('xiq_siem.destination.attempts', 1, { destination: name, result });

  /** Frees the place of a call that does not end; but one at a time is a promise, and the number left behind bounded. */
  const leaveBehind = async (callEnded: Promise<unknown>) => {
    if (maxInFlight === 1 || hungCalls >= Math.min(slots.count - 1, maxHungCalls)) {
      log.error('delivery.calls_stuck', { destination: name, type: definition.type, calls: hungCalls + 1 });
      await Promise.race([callEnded, aborted(stop)]);
      return;
    }
    hungCalls++;
    void callEnded.then(() => {
      hungCalls--;
    });
  };

  return {
    /** Breaches of the plugin contract so far. */
    pluginFaults: () => pluginFaults,
    /**
     * Resolves when there may be another batch; the slot, which the caller took, is free when the call itself has ended.
     * `ended` is called before that, but not for an attempt cut off by `stop`.
     */
    async send(batch: readonly Pending[], delivered: number, ended: (report: CheckedReport) => void): Promise<void> {
      const items = batch.map(({ event: { id, dataset, timeMs, document, json } }, index) => {
        return { index, id, dataset, timeMs, document, json };
      });
      const call = startCall(destination, { items }, clock, options.timeoutMs, stop);
      void call.ended.then(slots.release);
      const nowMs = clock.now();
      for (const pending of batch) {
        pending.lastAttemptMs = nowMs;
        if (pending.attempts++ > 0) continue;
        pending.firstAttemptMs = nowMs;
        pending.deliveredBefore = delivered;
      }
      const end = await call.end;
      if (end.kind !== 'reported' && stop.aborted) return;
      const error = end.kind === 'threw' ? sanitizeError(end.error, redact) : undefined;
      const size = batch.length;
      const isReported = end.kind === 'reported';
      const report = isReported ? checkReport(end.report, size, codes) : unreadable(size, end.kind, error);
      if (isReported) countAttempt(report.kind === 'items' ? 'answered' : report.word);
      const attributes = { destination: name, type: definition.type, size, ...(error !== undefined && { error }) };
      for (const [fault, times] of report.faults) {
        pluginFaults += times;
        countAttempt(fault);
        log.error('delivery.plugin_fault', { ...attributes, fault, times });
      }
      ended(report);
      if (end.kind === 'hung') await leaveBehind(call.ended);
    },
  };
}

type CallEnd =
  | { readonly kind: 'reported'; readonly report: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The call goes on although its signal has fired. */
  | { readonly kind: 'hung' };

/** `end` is the call's end within its time; `ended` is that of the call itself, perhaps long after it, perhaps never. */
function startCall(destination: Destination, batch: Batch, clock: Clock, timeoutMs: number, stop: AbortSignal) {
  const cut = new AbortController();
  const over = new AbortController();
  const cutOff = () => cut.abort(stop.reason);
  if (stop.aborted) cutOff();
  else stop.addEventListener('abort', cutOff, { once: true });
  const ended = Promise.resolve()
    .then(() => destination.deliver(batch, cut.signal))
    .then(
      (report): CallEnd => ({ kind: 'reported', report }),
      (error: unknown): CallEnd => ({ kind: 'threw', error }),
    )
    .finally(() => {
      stop.removeEventListener('abort', cutOff);
      over.abort(noReason);
    });
  const endInTime = async (): Promise<CallEnd> => {
    await clock.sleep(timeoutMs, AbortSignal.any([cut.signal, over.signal]));
    if (!over.signal.aborted) {
      cut.abort(new DOMException('the time limit of the attempt is over', 'TimeoutError'));
      await clock.sleep(abortGraceMs, over.signal);
    }
    return over.signal.aborted ? ended : { kind: 'hung' };
  };
  return { end: endInTime(), ended };
}
