// Starts and stops the account's tasks in a running connector: checks of subscriptions, automatic back-fill, completeness.
import { backfillRequest, type Operations } from '@xiq-siem/admin-api';
import type { Configuration } from '@xiq-siem/config';
import { managedSecretPath } from '@xiq-siem/config';
import { systemClock } from '@xiq-siem/delivery';
import type { Jobs } from '@xiq-siem/jobs';
import type { Pipeline, PluginServices } from '@xiq-siem/pipeline';
import type { ReadModel } from '@xiq-siem/queries';
import type { Documents } from '@xiq-siem/state';
import { type AutoBackfill, startAutoBackfill } from './backfill/auto-backfill.ts';
import { openLastAccepting, openPendingSpans } from './backfill/pending-spans.ts';
import { previewBackfill } from './backfill/preview-backfill.ts';
import { completeness } from './completeness/completeness.ts';
import { type CompletenessWatch, watchCompleteness } from './completeness/watch-completeness.ts';
import { type Organizations, type OrganizationWatch, startOrganizationWatch } from './organizations.ts';
import { isRotating } from './subscriptions/managed-list.ts';
import { checkPublicUrl } from './subscriptions/public-url/check-public-url.ts';
import { createPublicUrlPorts } from './subscriptions/public-url/ports.ts';
import type { SelfChecks } from './subscriptions/self-checks.ts';
import { type SubscriptionsWatch, startSubscriptionsWatch } from './subscriptions/watch.ts';
import type { CurrentAccounts } from './xiq-account.ts';

export interface AccountServiceParts {
  readonly accounts: CurrentAccounts;
  /** Returns a new read model on each call. */
  readModel(): ReadModel;
  readonly jobs: Jobs;
  readonly pipeline: Pick<Pipeline, 'configuration' | 'sources'>;
  readonly services: PluginServices;
  readonly selfChecks: SelfChecks;
  readonly documents: Documents;
  readonly organizations: Organizations;
  /** Whether the receiver would accept a webhook now. */
  ready(): boolean;
}

export async function openAccountService(parts: AccountServiceParts) {
  const { accounts, readModel, jobs, pipeline, services, selfChecks, documents, organizations, ready } = parts;
  const { log, meter, secretsDirectory } = services;
  const clock = systemClock;
  const lastAccepting = await openLastAccepting(documents);
  const pending = await openPendingSpans(documents, log);
  let auto: AutoBackfill | undefined;
  let watch: CompletenessWatch | undefined;
  let subscriptions: SubscriptionsWatch | undefined;
  let identities: OrganizationWatch | undefined;

  const isBackfilling = (source: string): boolean =>
    pending.list().some((span) => span.source === source && span.job === undefined) ||
    jobs.list().some(({ kind, state, request }) => {
      const parsed = kind === 'backfill' && state === 'running' ? backfillRequest.safeParse(request) : undefined;
      return parsed?.success === true && (parsed.data.source ?? source) === source;
    });
  const operations: Pick<Operations, 'previewBackfill' | 'completeness'> = {
    previewBackfill: (input, signal) =>
      previewBackfill({ accounts, access: readModel, snapshot: false, clock }, input, signal),
    completeness: (input, signal) => completeness({ accounts, readModel, clock }, input, signal),
  };

  function startAccountTasks(): void {
    auto ??= startAutoBackfill({ accounts, access: readModel, jobs, lastAccepting, pending, ready, clock, log });
    watch ??= watchCompleteness({ accounts, readModel, isBackfilling, clock, log });
    identities ??= startOrganizationWatch({ accounts, organizations, clock, log });
    subscriptions ??= startSubscriptionsWatch({
      accounts,
      log,
      meter,
      clock,
      documents,
      secrets: (source) => pipeline.sources().receiving.get(source)?.secrets.current() ?? [],
      rotating: async (source) =>
        hasManagedSecret(pipeline.configuration(), source) &&
        isRotating(documents, source, managedSecretPath(secretsDirectory, source)),
      checkUrl: (url, signal) =>
        selfChecks.run((nonce) => checkPublicUrl(url, createPublicUrlPorts(), signal, { nonce })),
      onGap: async (gap) => auto?.addGap(gap),
    });
  }

  async function stopAccountTasks(): Promise<void> {
    await Promise.all([subscriptions?.stop(), auto?.stop(), watch?.stop(), identities?.stop()]);
  }

  return {
    ...operations,
    /** Call it when the receiver accepts webhooks. */
    start: startAccountTasks,
    /** Before `start` no state is known, and no check runs. */
    subscriptions: {
      state: (source: string) => subscriptions?.state(source),
      stateWithRotation: async (source: string) => subscriptions?.stateWithRotation(source),
      check: async (source: string | undefined) => (await subscriptions?.check(source)) ?? [],
      reloaded: () => {
        subscriptions?.reloaded();
        identities?.reloaded();
      },
    },
    figures: () => watch?.figures() ?? [],
    readings: () => watch?.readings() ?? [],
    /** Resolves when all tasks have ended. It does not stop jobs. */
    stop: stopAccountTasks,
  };
}

const hasManagedSecret = ({ sources }: Configuration, source: string): boolean =>
  sources.some(({ name, secrets }) => name === source && secrets.some(({ reference }) => 'managed' in reference));
