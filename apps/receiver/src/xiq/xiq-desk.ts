// What the REST side does in a running connector beside the subscriptions: back-fills, and the proof of completeness.
import { join } from 'node:path';
import { backfillRequest, type Operations } from '@xiq-siem/admin-api';
import type { GaugeReading } from '@xiq-siem/core';
import { systemClock } from '@xiq-siem/delivery';
import type { Jobs } from '../jobs/jobs.ts';
import type { Evidence } from '../operator/evidence.ts';
import type { PluginServices } from '../plugins.ts';
import { openAliveMark } from './backfill/alive-mark.ts';
import { type AutoBackfill, type Gap, startAutoBackfill } from './backfill/auto-backfill.ts';
import { previewBackfill } from './backfill/preview-backfill.ts';
import { openWantedSpans } from './backfill/wanted-spans.ts';
import { completeness } from './completeness/completeness.ts';
import { type CompletenessWatch, type HourFigures, watchCompleteness } from './completeness/watch-completeness.ts';
import type { CurrentClouds } from './current-clouds.ts';

export interface XiqDesk extends Pick<Operations, 'previewBackfill' | 'completeness'> {
  /** To be called when webhooks are taken. */
  begin(): void;
  /** Resolves when it is safe here. Before `begin` nothing is done. */
  gapFound(gap: Gap): Promise<void>;
  figures(): readonly HourFigures[];
  readings(): readonly GaugeReading[];
  /** Resolves when nothing is under way any more. Jobs are not its own. */
  stop(): Promise<void>;
}

export interface XiqDeskParts {
  readonly clouds: CurrentClouds;
  /** A new one for each call. */
  evidence(): Evidence;
  readonly jobs: Jobs;
  /** The data directory's room for jobs. */
  readonly directory: string;
  /** Whether a webhook would be accepted now. */
  ready(): boolean;
  readonly log: PluginServices['log'];
}

export async function openXiqDesk({ clouds, evidence, jobs, directory, ready, log }: XiqDeskParts): Promise<XiqDesk> {
  const clock = systemClock;
  const alive = await openAliveMark(join(directory, 'alive'));
  const wanted = await openWantedSpans(join(directory, 'wanted.spans'), log);
  let auto: AutoBackfill | undefined;
  let watch: CompletenessWatch | undefined;

  const isFilling = (source: string): boolean =>
    wanted.list().some((span) => span.source === source && span.job === undefined) ||
    jobs.list().some(({ kind, state, request }) => {
      const named = kind === 'backfill' && state === 'running' ? backfillRequest.safeParse(request) : undefined;
      return named?.success === true && (named.data.source ?? source) === source;
    });
  return {
    previewBackfill: (input, signal) =>
      previewBackfill({ clouds, access: evidence, snapshot: false, clock }, input, signal),
    completeness: (input, signal) => completeness({ clouds, evidence, clock }, input, signal),
    begin() {
      auto ??= startAutoBackfill({ clouds, access: evidence, jobs, alive, wanted, ready, clock, log });
      watch ??= watchCompleteness({ clouds, evidence, isFilling, clock, log });
    },
    async gapFound(gap) {
      await auto?.gapFound(gap);
    },
    figures: () => watch?.figures() ?? [],
    readings: () => watch?.readings() ?? [],
    async stop() {
      await Promise.all([auto?.stop(), watch?.stop()]);
    },
  };
}
