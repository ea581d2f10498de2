// Proves the last full hour of which the log is final. Repeats this, for metrics and for a health event about missing events.
import type { GaugeReading, Logger, MetricTable } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { HourFigures } from '@xiq-siem/health-events';
import type { ReadModel } from '@xiq-siem/queries';
import { clockDifference } from '../backfill/clock-difference.ts';
import { journalEvents } from '../backfill/journal-events.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import type { XiqAccount } from '../xiq-account.ts';
import { proofOfSpan } from './completeness.ts';

const eventsByType = { unit: '{event}', attributes: ['source', 'message_type'] } as const;

export const completenessGauges = {
  'xiq_siem.completeness.xiq': {
    help: 'Events in the log of ExtremeCloud IQ of the last full hour of which the log is final.',
    ...eventsByType,
  },
  'xiq_siem.completeness.kept': {
    help: 'All events of that hour that the journal has, whether or not they are in the log.',
    ...eventsByType,
  },
  'xiq_siem.completeness.missing': {
    help: 'Logged events of that hour that the connector did not receive or a destination did not confirm. Above 0: run xiq-siem completeness.',
    ...eventsByType,
  },
  'xiq_siem.completeness.surplus': {
    help: 'Stored events of that hour that are not in the log of ExtremeCloud IQ, which probably has them with another text.',
    ...eventsByType,
  },
} as const satisfies MetricTable;

type Reading = GaugeReading<keyof typeof completenessGauges>;

export type CompletenessWatch = ReturnType<typeof watchCompleteness>;

export interface CompletenessWatchParts {
  accounts(): ReadonlyMap<string, XiqAccount>;
  readModel(): ReadModel;
  /** Whether a back-fill is running or pending: the proof waits for it. */
  isBackfilling(source: string): boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Skips sources without `subscriptions`, because the expected message types are unknown. */
export function watchCompleteness(parts: CompletenessWatchParts) {
  const { accounts, readModel, isBackfilling, clock, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const found = new Map<string, readonly HourFigures[]>();
  const nextAtMs = new Map<string, number>();

  async function checkSource(account: XiqAccount, logDelayMinutes: number): Promise<void> {
    const model = readModel();
    const { behindMs } = await clockDifference(model, account, signal);
    const toMs = Math.floor((clock.now() - behindMs - logDelayMinutes * minuteMs) / hourMs) * hourMs;
    const fromMs = toMs - hourMs;
    if (fromMs < (await receivingSinceMs(model, account, signal))) return;
    const messageTypes = (account.subscriptions?.messageTypes ?? []).filter((type) => logOfMessageType(type));
    const steps = proofOfSpan({ account, readModel: model, clock, fromMs, toMs, messageTypes }, signal);
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    const figures = step.value.proof.cells.map(({ type, state, xiq, kept, missing, surplus }) => ({
      source: account.source,
      messageType: type,
      hourMs: fromMs,
      state,
      xiq,
      kept,
      missing: missing.count,
      surplus: surplus.count,
    }));
    found.set(account.source, figures);
    for (const { messageType, state, missing, surplus } of figures) {
      if (state !== 'missing' && state !== 'surplus') continue;
      const hour = new Date(fromMs).toISOString();
      log.warn('completeness.incomplete', { source: account.source, messageType, hour, missing, surplus });
    }
  }

  async function checkAll(): Promise<void> {
    const now = accounts();
    for (const source of found.keys()) if (!now.has(source)) found.delete(source);
    for (const [source, account] of now) {
      const { subscriptions } = account;
      if (subscriptions === undefined || signal.aborted) continue;
      const everyMs = subscriptions.everyMinutes * minuteMs;
      // Wait once after a start: automatic back-fill runs first.
      if (!nextAtMs.has(source)) nextAtMs.set(source, clock.now() + everyMs);
      if ((nextAtMs.get(source) ?? 0) > clock.now() || isBackfilling(source)) continue;
      nextAtMs.set(source, clock.now() + everyMs);
      await checkSource(account, subscriptions.settleMinutes).catch((cause: unknown) => {
        if (!signal.aborted) log.warn('completeness.check_failed', { source, error: String(cause) });
      });
    }
  }

  async function runChecks(): Promise<void> {
    while (!signal.aborted) {
      await checkAll();
      await clock.sleep(minuteMs, signal);
    }
  }
  const running = runChecks();

  async function stopCompletenessWatch(): Promise<void> {
    stopping.abort();
    await running;
  }

  return {
    figures: () => [...found.values()].flat(),
    readings: () => [...found.values()].flat().flatMap(readingsOf),
    /** Resolves when the checks have ended. */
    stop: stopCompletenessWatch,
  };
}

/** If the journal never removed a body, reception started with the first body of the source. */
async function receivingSinceMs(readModel: ReadModel, account: XiqAccount, signal: AbortSignal): Promise<number> {
  const { firstSequence, nextSequence, hasRemoved } = readModel.journal.extent();
  if (hasRemoved) return 0;
  for await (const step of journalEvents(readModel, account, { first: firstSequence, next: nextSequence }, signal)) {
    if (step.kind === 'body' && step.body.metadata.source === account.source) {
      return Math.ceil(step.body.metadata.receivedAtMs / hourMs) * hourMs;
    }
  }
  return Number.POSITIVE_INFINITY;
}

function readingsOf({ source, messageType, xiq, kept, missing, surplus }: HourFigures): readonly Reading[] {
  const attributes = { source, message_type: messageType };
  return [
    ...(xiq === undefined ? [] : [{ name: 'xiq_siem.completeness.xiq', value: xiq, attributes } as const]),
    { name: 'xiq_siem.completeness.kept', value: kept, attributes },
    { name: 'xiq_siem.completeness.missing', value: missing, attributes },
    { name: 'xiq_siem.completeness.surplus', value: surplus, attributes },
  ];
}
