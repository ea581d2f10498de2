// Sends batches to one destination, and holds its plugin to the contract.
import type { BatchItem } from '@xiq-siem/core';
import { type Attempt, attempt } from './attempt.ts';
import type { Pending } from './batcher.ts';
import type { Gate } from './gate.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { type CheckedReport, checkReport, unreadable } from './verdicts.ts';
import { aborted } from './within.ts';
import { fitError } from './words.ts';

export interface Sender {
  /**
   * Resolves when there may be another batch; the place at the gate, which the caller took, is free when the call itself
   * has ended. `ended` is called before that, but not for an attempt cut off by `stop`.
   */
  send(batch: readonly Pending[], passed: number, ended: (report: CheckedReport) => void): Promise<void>;
  /** Breaches of the plugin contract so far. */
  pluginFaults(): number;
}

export interface SenderOptions {
  /** What the destination may have under way at once, whatever this lane sends. */
  readonly maxInFlight: number;
  readonly gate: Pick<Gate, 'places' | 'leave'>;
  readonly stop: AbortSignal;
}

const maxHungCalls = 8;

export function createSender(
  { name, destination, definition, options }: DeliveryDestination,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  { maxInFlight, gate, stop }: SenderOptions,
): Sender {
  const codes = new Set(definition.codes);
  const limits = { clock, timeoutMs: options.timeoutMs, stop };
  let hungCalls = 0;
  let pluginFaults = 0;

  const countAttempt = (result: string) => meter.add('xiq_siem.destination.attempts', 1, { destination: name, result });

  const noteFaults = ({ faults }: CheckedReport, size: number, error?: string) => {
    const cause = error === undefined ? {} : { error };
    for (const [fault, times] of faults) {
      pluginFaults += times;
      countAttempt(fault);
      log.error('delivery.plugin_fault', { destination: name, type: definition.type, fault, times, size, ...cause });
    }
  };

  /** Frees the place of a call that does not end; but one at a time is a promise, and the number left behind bounded. */
  const leaveBehind = async ({ ended }: Attempt) => {
    if (maxInFlight === 1 || hungCalls >= Math.min(gate.places - 1, maxHungCalls)) {
      log.error('delivery.hung_calls_block', { destination: name, type: definition.type, calls: hungCalls + 1 });
      await Promise.race([ended, aborted(stop)]);
      return;
    }
    hungCalls++;
    void ended.then(() => {
      hungCalls--;
    });
  };

  return {
    pluginFaults: () => pluginFaults,
    async send(batch, passed, ended) {
      const call = attempt(destination, { items: batch.map((one, index) => itemOf(one, index)) }, limits);
      void call.ended.then(gate.leave);
      const nowMs = clock.now();
      for (const pending of batch) {
        pending.lastAttemptMs = nowMs;
        if (pending.attempts++ > 0) continue;
        pending.firstAttemptMs = nowMs;
        pending.passedBefore = passed;
      }
      const end = await call.end;
      if (end.kind === 'reported') {
        const report = checkReport(end.report, batch.length, codes);
        countAttempt(report.kind === 'items' ? 'answered' : report.word);
        noteFaults(report, batch.length);
        ended(report);
        return;
      }
      if (stop.aborted) return;
      const error = end.kind === 'threw' ? fitError(end.error, redact) : undefined;
      const report = unreadable(batch.length, end.kind, error);
      noteFaults(report, batch.length, error);
      ended(report);
      if (end.kind === 'hung') await leaveBehind(call);
    },
  };
}

function itemOf({ event: { id, dataset, timeMs, document, json } }: Pending, index: number): BatchItem {
  return { index, id, dataset, timeMs, document, json };
}
