// Sends batches to one destination. The plugin gets a time limit, and its report is validated.
import type { Batch, DeliveryAttempt, Destination } from '@xiq-siem/core';
import { batchItem } from './batch-item.ts';
import { aborted, type Clock, noReason } from './clock.ts';
import type { Pending } from './pending-queue.ts';
import { sanitizeError } from './sanitize-text.ts';
import type { SendSlots } from './send-slots.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { type CheckedReport, checkReport, invalidReport } from './verdicts.ts';

const maxStuckCalls = 8;
/** Time in which a call must end after its signal has fired. */
const abortGraceMs = 2_000;

/** `maxInFlight`: maximum of batches in flight of all delivery streams of the destination. */
export function createSender(
  { name, destination, definition, options }: DeliveryDestination,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  maxInFlight: number,
  slots: SendSlots,
  stop: AbortSignal,
) {
  const codes = new Set(definition.codes);
  let stuckCalls = 0;
  let pluginFaults = 0;

  const countAttempt = (result: string) => meter.add('xiq_siem.destination.attempts', 1, { destination: name, result });

  /** Lets other batches go on beside a stuck call, unless only one call is allowed or too many are stuck. */
  const releaseStuckCall = async (callEnded: Promise<unknown>) => {
    if (maxInFlight === 1 || stuckCalls >= Math.min(slots.count - 1, maxStuckCalls)) {
      log.error('delivery.calls_stuck', { destination: name, type: definition.type, calls: stuckCalls + 1 });
      await Promise.race([callEnded, aborted(stop)]);
      return;
    }
    stuckCalls++;
    void callEnded.then(() => {
      stuckCalls--;
    });
  };

  async function sendBatch(
    batch: readonly Pending[],
    deliveredBefore: number,
    onReport: (report: CheckedReport) => void,
    onConfirming: () => void,
  ) {
    const items = batch.map(({ event }, index) => batchItem(event, index));
    let hasSlot = true;
    const releaseSlot = () => {
      if (hasSlot) slots.release();
      hasSlot = false;
    };
    function onlyConfirmationLeft() {
      if (hasSlot) onConfirming();
      releaseSlot();
    }
    const call = startCall(destination, { items }, { onlyConfirmationLeft }, clock, options.timeoutMs, stop);
    void call.ended.then(releaseSlot);
    const nowMs = clock.now();
    for (const pending of batch) {
      pending.lastAttemptMs = nowMs;
      if (pending.attempts++ > 0) continue;
      pending.firstAttemptMs = nowMs;
      pending.deliveredBefore = deliveredBefore;
    }
    const end = await call.end;
    if (end.kind !== 'reported' && stop.aborted) return;
    const error = end.kind === 'exception' ? sanitizeError(end.error, redact) : undefined;
    const size = batch.length;
    const isReported = end.kind === 'reported';
    const report = isReported
      ? checkReport(end.report, size, codes, end.timedOut)
      : invalidReport(size, end.kind, end.timedOut, error);
    if (isReported) countAttempt(report.kind === 'items' ? 'reported' : attemptResults[report.batchResult]);
    const attributes = { destination: name, type: definition.type, size, ...(error !== undefined && { error }) };
    for (const [fault, times] of report.faults) {
      pluginFaults += times;
      countAttempt(fault);
      log.error('delivery.plugin_fault', { ...attributes, fault, times });
    }
    onReport(report);
    if (end.kind === 'call_stuck') await releaseStuckCall(call.ended);
  }

  return {
    /** Number of breaches of the plugin contract. */
    pluginFaults: () => pluginFaults,
    /**
     * Sends a batch, for which the caller has acquired a slot. Resolves when another batch may be sent; the slot is
     * released when the call of the plugin has ended, or only waits for a confirmation: then `onConfirming` is called.
     * `onReport` is not called for an attempt that `stop` aborts.
     */
    send: sendBatch,
  };
}

/** Values of the metric attribute `result` for a batch result. */
const attemptResults = { tooLarge: 'too_large', unavailable: 'unavailable', misconfigured: 'misconfigured' } as const;

type CallResult =
  | { readonly kind: 'reported'; readonly report: unknown }
  | { readonly kind: 'exception'; readonly error: unknown };
type CallEnd = (
  | CallResult
  /** The call has not ended after its signal fired. */
  | { readonly kind: 'call_stuck' }
) & {
  /** Its time limit was over before its end. */
  readonly timedOut: boolean;
};

/** `end` resolves when the call ends or its time limit is over. `ended` resolves when the call ends, possibly never. */
function startCall(
  destination: Destination,
  batch: Batch,
  attempt: DeliveryAttempt,
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
) {
  const callAbort = new AbortController();
  const callEnded = new AbortController();
  const abortCall = () => callAbort.abort(stop.reason);
  if (stop.aborted) abortCall();
  else stop.addEventListener('abort', abortCall, { once: true });
  const ended = Promise.resolve()
    .then(() => destination.deliver(batch, callAbort.signal, attempt))
    .then(
      (report): CallResult => ({ kind: 'reported', report }),
      (error: unknown): CallResult => ({ kind: 'exception', error }),
    )
    .finally(() => {
      stop.removeEventListener('abort', abortCall);
      callEnded.abort(noReason);
    });
  const endInTime = async (): Promise<CallEnd> => {
    await clock.sleep(timeoutMs, AbortSignal.any([callAbort.signal, callEnded.signal]));
    const timedOut = !callEnded.signal.aborted && !stop.aborted;
    if (!callEnded.signal.aborted) {
      callAbort.abort(new DOMException('the time limit of the attempt is over', 'TimeoutError'));
      await clock.sleep(abortGraceMs, callEnded.signal);
    }
    return callEnded.signal.aborted ? { ...(await ended), timedOut } : { kind: 'call_stuck', timedOut };
  };
  return { end: endInTime(), ended };
}
