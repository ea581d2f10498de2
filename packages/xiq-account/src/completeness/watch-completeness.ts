// The proof of the last whole hour that has settled, again and again: as metrics, and for a health event where events are missing.
import type { GaugeReading, Logger, MetricTable } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { HourFigures } from '@xiq-siem/health-events';
import type { ReadModel } from '@xiq-siem/queries';
import { clockDifference } from '../backfill/clock-difference.ts';
import { keptEvents } from '../backfill/kept-bodies.ts';
import type { XiqCloud } from '../cloud.ts';
import { logOfMessageType } from '../rest/log-pages.ts';
import { proofOfSpan } from './completeness.ts';

const eventsByType = { unit: '{event}', attributes: ['source', 'message_type'] } as const;

export const completenessGauges = {
  'xiq_siem.completeness.xiq': {
    help: 'Events of the last whole hour that has settled, in the log of ExtremeCloud IQ.',
    ...eventsByType,
  },
  'xiq_siem.completeness.kept': { help: 'Events of that hour that we kept.', ...eventsByType },
  'xiq_siem.completeness.missing': {
    help: 'Events of that hour that ExtremeCloud IQ has and we, or a destination, have not. Above 0: see xiq-siem completeness.',
    ...eventsByType,
  },
  'xiq_siem.completeness.surplus': {
    help: 'Events of that hour that we kept and the log of ExtremeCloud IQ has not: probably worded differently there.',
    ...eventsByType,
  },
} as const satisfies MetricTable;

type Reading = GaugeReading<keyof typeof completenessGauges>;

export type CompletenessWatch = ReturnType<typeof watchCompleteness>;

export interface CompletenessWatchParts {
  clouds(): ReadonlyMap<string, XiqCloud>;
  readModel(): ReadModel;
  /** Whether what may be missing is being fetched: then the proof waits. */
  isFilling(source: string): boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** Sources without `subscriptions` are left alone: what they are to be sent is not known. */
export function watchCompleteness(parts: CompletenessWatchParts) {
  const { clouds, readModel, isFilling, clock, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const found = new Map<string, readonly HourFigures[]>();
  const nextAtMs = new Map<string, number>();

  async function look(cloud: XiqCloud, settleMinutes: number): Promise<void> {
    const seen = readModel();
    const { behindMs } = await clockDifference(seen, cloud, signal);
    const toMs = Math.floor((clock.now() - behindMs - settleMinutes * minuteMs) / hourMs) * hourMs;
    const fromMs = toMs - hourMs;
    if (fromMs < (await listeningSinceMs(seen, cloud, signal))) return;
    const messageTypes = (cloud.subscriptions?.messageTypes ?? []).filter((type) => logOfMessageType(type));
    const steps = proofOfSpan({ cloud, readModel: seen, clock, fromMs, toMs, messageTypes }, signal);
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    const figures = step.value.proof.cells.map(({ type, state, xiq, kept, missing, surplus }) => ({
      source: cloud.source,
      messageType: type,
      hourMs: fromMs,
      state,
      xiq,
      kept,
      missing: missing.count,
      surplus: surplus.count,
    }));
    found.set(cloud.source, figures);
    for (const { messageType, state, missing, surplus } of figures) {
      if (state !== 'missing' && state !== 'surplus') continue;
      const hour = new Date(fromMs).toISOString();
      log.warn('completeness.not_whole', { source: cloud.source, messageType, hour, missing, surplus });
    }
  }

  async function checkAll(): Promise<void> {
    const now = clouds();
    for (const source of found.keys()) if (!now.has(source)) found.delete(source);
    for (const [source, cloud] of now) {
      const { subscriptions } = cloud;
      if (subscriptions === undefined || signal.aborted) continue;
      const everyMs = subscriptions.everyMinutes * minuteMs;
      // Not at once: after a start there may be something to be fetched first.
      if (!nextAtMs.has(source)) nextAtMs.set(source, clock.now() + everyMs);
      if ((nextAtMs.get(source) ?? 0) > clock.now() || isFilling(source)) continue;
      nextAtMs.set(source, clock.now() + everyMs);
      await look(cloud, subscriptions.settleMinutes).catch((cause: unknown) => {
        if (!signal.aborted) log.warn('completeness.not_known', { source, why: String(cause) });
      });
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await checkAll();
      await clock.sleep(minuteMs, signal);
    }
  }
  const running = run();

  return {
    figures: () => [...found.values()].flat(),
    readings: () => [...found.values()].flat().flatMap(readingsOf),
    /** Resolves when nothing is under way any more. */
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}

/** Where nothing was ever removed, what is before the first body of the source is before we were there. */
async function listeningSinceMs(readModel: ReadModel, cloud: XiqCloud, signal: AbortSignal): Promise<number> {
  const { firstSequence, nextSequence, hasEvicted } = readModel.journal.extent();
  if (hasEvicted) return 0;
  for await (const step of keptEvents(readModel, cloud, { first: firstSequence, next: nextSequence }, signal)) {
    if (step.kind === 'body' && step.body.metadata.source === cloud.source) {
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
