// Sends batches to one destination, and holds its plugin to the contract.
import type { BatchItem } from '@xiq-siem/core';
import { type Attempt, attempt } from './attempt.ts';
import type { Pending } from './batcher.ts';
import type { DeliveryDestination, DeliveryServices } from './services.ts';
import { type CheckedReport, checkReport, unreadable } from './verdicts.ts';
import { fitError } from './words.ts';

export interface Sender {
  /** Resolves when the batch's place is free again. `ended` is called before that, but not for an attempt cut off by `stop`. */
  send(batch: readonly Pending[], passed: number, ended: (report: CheckedReport) => void): Promise<void>;
  /** Breaches of the plugin contract so far. */
  pluginFaults(): number;
}

export interface SenderOptions {
  readonly maxInFlight: number;
  readonly stop: AbortSignal;
}

const maxHungCalls = 8;

export function createSender(
  { name, destination, definition, options }: DeliveryDestination,
  { clock, log, meter, redact }: Pick<DeliveryServices, 'clock' | 'log' | 'meter' | 'redact'>,
  { maxInFlight, stop }: SenderOptions,
): Sender {
  const codes = new Set(definition.codes);
  const limits = { clock, timeoutMs: options.timeoutMs, stop };
  let hungCalls = 0;
  let pluginFaults = 0;

  const countAttempt = (result: string) => meter.add('xiq_siem.destination.attempts', 1, { destination: name, result });

  const noteFaults = ({ faults }: CheckedReport, size: number, error?: unknown) => {
    const cause = error === undefined ? {} : { error: fitError(error, redact) };
    for (const [fault, times] of faults) {
      pluginFaults += times;
      countAttempt(fault);
      log.error('delivery.plugin_fault', { destination: name, type: definition.type, fault, times, size, ...cause });
    }
  };

  /** Frees the place of a call that does not end; but one at a time is a promise, and the number left behind bounded. */
  const leaveBehind = async ({ ended }: Attempt) => {
    if (maxInFlight === 1 || hungCalls >= maxHungCalls) {
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
      const report = unreadable(batch.length, end.kind);
      noteFaults(report, batch.length, end.kind === 'threw' ? end.error : undefined);
      ended(report);
      if (end.kind === 'hung') await leaveBehind(call);
    },
  };
}

function itemOf({ event: { id, dataset, timeMs, document, json } }: Pending, index: number): BatchItem {
  return { index, id, dataset, timeMs, document, json };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
