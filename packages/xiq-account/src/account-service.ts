// What a running connector does with the account: it watches subscriptions, back-fills gaps, proves completeness.
import { backfillRequest, type Operations } from '@xiq-siem/admin-api';
import type { Configuration } from '@xiq-siem/config';
import { managedSecretPath } from '@xiq-siem/config';
import { systemClock } from '@xiq-siem/delivery';
import type { Jobs } from '@xiq-siem/jobs';
import type { Pipeline, PluginServices } from '@xiq-siem/pipeline';
import type { ReadModel } from '@xiq-siem/queries';
import type { Documents } from '@xiq-siem/state';
import { type AutoBackfill, startAutoBackfill } from './backfill/auto-backfill.ts';
import { previewBackfill } from './backfill/preview-backfill.ts';
import { openAliveMark, openWantedSpans } from './backfill/wanted-spans.ts';
import type { CurrentClouds } from './cloud.ts';
import { completeness } from './completeness/completeness.ts';
import { type CompletenessWatch, watchCompleteness } from './completeness/watch-completeness.ts';
import { isRotating } from './subscriptions/managed-list.ts';
import { checkPublicUrl } from './subscriptions/public-url/check-public-url.ts';
import { createPublicUrlPorts } from './subscriptions/public-url/ports.ts';
import type { SelfChecks } from './subscriptions/self-checks.ts';
import { type SubscriptionsWatch, startSubscriptionsWatch } from './subscriptions/watch.ts';

export interface AccountServiceParts {
  readonly clouds: CurrentClouds;
  /** A new one for each call. */
  readModel(): ReadModel;
  readonly jobs: Jobs;
  readonly pipeline: Pick<Pipeline, 'configuration' | 'sources'>;
  readonly services: PluginServices;
  readonly selfChecks: SelfChecks;
  readonly documents: Documents;
  /** Whether a webhook would be accepted now. */
  ready(): boolean;
}

export async function openAccountService(parts: AccountServiceParts) {
  const { clouds, readModel, jobs, pipeline, services, selfChecks, documents, ready } = parts;
  const { log, meter, secretsDirectory } = services;
  const clock = systemClock;
  const alive = await openAliveMark(documents);
  const wanted = await openWantedSpans(documents, log);
  let auto: AutoBackfill | undefined;
  let watch: CompletenessWatch | undefined;
  let subscriptions: SubscriptionsWatch | undefined;

  const isFilling = (source: string): boolean =>
    wanted.list().some((span) => span.source === source && span.job === undefined) ||
    jobs.list().some(({ kind, state, request }) => {
      const named = kind === 'backfill' && state === 'running' ? backfillRequest.safeParse(request) : undefined;
      return named?.success === true && (named.data.source ?? source) === source;
    });
  const operations: Pick<Operations, 'previewBackfill' | 'completeness'> = {
    previewBackfill: (input, signal) =>
      previewBackfill({ clouds, access: readModel, snapshot: false, clock }, input, signal),
    completeness: (input, signal) => completeness({ clouds, readModel, clock }, input, signal),
  };
  return {
    ...operations,
    /** To be called when webhooks are taken. */
    begin(): void {
      auto ??= startAutoBackfill({ clouds, access: readModel, jobs, alive, wanted, ready, clock, log });
      watch ??= watchCompleteness({ clouds, readModel, isFilling, clock, log });
      subscriptions ??= startSubscriptionsWatch({
        clouds,
        log,
        meter,
        clock,
        documents,
        secrets: (source) => pipeline.sources().receiving.get(source)?.secrets.current() ?? [],
        rotating: async (source) =>
          hasManagedSecret(pipeline.configuration(), source) &&
          isRotating(documents, source, managedSecretPath(secretsDirectory, source)),
        checkUrl: (url, signal) =>
          selfChecks.look((mark) => checkPublicUrl(url, createPublicUrlPorts(), signal, { mark })),
        gapFound: async (gap) => auto?.gapFound(gap),
      });
    },
    /** Before `begin` nothing is known, and nothing done. */
    subscriptions: {
      state: (source: string) => subscriptions?.state(source),
      shown: async (source: string) => subscriptions?.shown(source),
      look: async (source: string | undefined) => (await subscriptions?.look(source)) ?? [],
      reloaded: () => subscriptions?.reloaded(),
    },
    figures: () => watch?.figures() ?? [],
    readings: () => watch?.readings() ?? [],
    /** Resolves when nothing is under way any more. Jobs are not its own. */
    async stop(): Promise<void> {
      await Promise.all([subscriptions?.stop(), auto?.stop(), watch?.stop()]);
    },
  };
}

const hasManagedSecret = ({ sources }: Configuration, source: string): boolean =>
  sources.some(({ name, secrets }) => name === source && secrets.some(({ reference }) => 'managed' in reference));
