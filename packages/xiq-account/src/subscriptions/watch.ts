// Checks the subscriptions and the public URL of each source regularly, and follows configuration reloads.
import type { SourceState } from '@xiq-siem/admin-api';
import { boundLogger, ConnectorError, type Logger, type Meter, type MetricTable, type Secret } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { Documents } from '@xiq-siem/state';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import type { CurrentAccounts, XiqAccount } from '../xiq-account.ts';
import { publicUrlStates, subscriptionStates, unknownStates } from './found-state.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { type ReconcileResult, reconcile } from './reconcile.ts';
import { type GapReason, readSeenTypes, writeSeenTypes } from './seen-types.ts';
import { subscriptionError } from './subscription-errors.ts';
import { urlFor } from './target.ts';

export const subscriptionMetrics = {
  'xiq_siem.subscriptions.checks': {
    help: 'Checks of the subscriptions at ExtremeCloud IQ, by result: ok, fixed, problems_left, fix_failed, or failed (the check itself).',
    unit: '{check}',
    attributes: ['source', 'result'],
  },
} as const satisfies MetricTable;

/** A time in which ExtremeCloud IQ may not have sent webhooks of a type: from the last check without a problem to the next one. */
export interface FoundGap {
  readonly source: string;
  readonly messageType: string;
  readonly reason: GapReason;
  /** Epoch milliseconds, as `untilMs`. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface SubscriptionsWatchParts {
  readonly accounts: CurrentAccounts;
  /** The accepted secrets of a source, in order; empty for an unknown source. */
  secrets(source: string): readonly Secret[];
  /** Whether a rotation of the source's managed secret is unfinished. */
  rotating(source: string): Promise<boolean>;
  /** Checks the URL as a sender sees it. Rejects only with the signal's reason. */
  checkUrl(url: string, signal: AbortSignal): Promise<readonly PublicUrlFinding[]>;
  /** Resolves when the gap is stored for back-fill. The result of the check is stored after that. */
  onGap(gap: FoundGap): Promise<void>;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter<keyof typeof subscriptionMetrics>;
}

/** The longest wait for a logout at the stop. A token that stays valid is safe. */
const logoutMs = 2_000;

export type SubscriptionsWatch = ReturnType<typeof startSubscriptionsWatch>;

export function startSubscriptionsWatch(parts: SubscriptionsWatchParts) {
  /** `watch` is undefined for a source with an API, but without configured subscriptions. */
  const watched = new Map<string, { readonly account: XiqAccount; readonly watch: SourceWatch | undefined }>();
  /** Watches that a reload has replaced. The new watch of a source starts when the old one has ended. */
  const ending = new Map<string, Promise<void>>();
  let stopped = false;

  function followConfiguration(): void {
    const now = parts.accounts();
    for (const [source, { account, watch }] of watched) {
      if (now.get(source) === account) continue;
      watched.delete(source);
      if (watch === undefined) continue;
      const ended = watch.stop().finally(() => {
        ending.delete(source);
        if (!stopped) followConfiguration();
      });
      ending.set(source, ended);
    }
    for (const [source, account] of now) {
      if (watched.has(source) || ending.has(source)) continue;
      watched.set(source, {
        account,
        watch: account.subscriptions && watchSource(account, account.subscriptions, parts),
      });
    }
  }
  followConfiguration();

  function stateOf(source: string): SourceState['api'] {
    const one = watched.get(source);
    if (one === undefined) return undefined;
    const { perHour, remaining } = one.account.api.budget();
    const found = one.watch?.found() ?? { subscriptions: [], publicUrl: [] };
    return { ...found, requestsPerHour: perHour, requestsRemaining: remaining };
  }

  async function stateWithRotation(source: string): Promise<SourceState['api']> {
    const state = stateOf(source);
    return state !== undefined && (await parts.rotating(source)) ? { ...state, rotating: true } : state;
  }

  function checkAfterReload(): void {
    if (stopped) return;
    const before = [...watched.values()];
    followConfiguration();
    // A new watch checks at its start.
    for (const { account, watch } of before) if (watched.get(account.source)?.watch === watch) void watch?.check();
  }

  async function checkNow(source?: string): Promise<readonly string[]> {
    const selected = [...watched].filter(([name, { watch }]) => watch && (source === undefined || name === source));
    await Promise.all(selected.map(([, { watch }]) => watch?.check()));
    return selected.map(([name]) => name);
  }

  async function stopWatch(): Promise<void> {
    stopped = true;
    await Promise.all([...ending.values(), ...[...watched.values()].map(({ watch }) => watch?.stop())]);
    const signal = AbortSignal.timeout(logoutMs);
    await Promise.all([...watched.values()].map(({ account }) => account.api.logout(signal).catch(() => undefined)));
  }

  return {
    /** Call it after a reload: it checks at once. */
    reloaded: checkAfterReload,
    /** Checks all sources or one of them now. Resolves with their names when the checks have ended. */
    check: checkNow,
    /** Undefined if the source has no API. Synchronous, without the state of a rotation. */
    state: stateOf,
    /** Like `state`, with `rotating`. */
    stateWithRotation,
    /** Resolves when all checks have ended. */
    stop: stopWatch,
  };
}

type Found = Omit<NonNullable<SourceState['api']>, 'requestsPerHour' | 'requestsRemaining'>;
type SourceWatch = ReturnType<typeof watchSource>;

/** Checks the subscriptions and the public URL of one source, at once and then every `everyMinutes`. */
function watchSource(account: XiqAccount, subscriptions: SubscriptionsConfig, parts: SubscriptionsWatchParts) {
  const { documents, clock, meter } = parts;
  const { source, api } = account;
  const stopping = new AbortController();
  const { signal } = stopping;
  const log = boundLogger(parts.log, { source });
  let found: Found = { subscriptions: [...unknownStates(subscriptions)], publicUrl: [] };

  /** A check that overlaps with a rotation must not restore the old secret: asks for the secret again before each change. */
  function guardRotation(secret: Secret | undefined): Pick<XiqAccount['api'], 'subscriptions'> {
    const { create, update, ...rest } = api.subscriptions;
    const requireSameSecret = async (): Promise<void> => {
      const [now] = parts.secrets(source);
      if (!(await parts.rotating(source)) && now?.reveal() === secret?.reveal()) return;
      const message = 'the secret was rotated during the check: the next check fixes the remaining problems';
      throw subscriptionError('secret_rotated', message);
    };
    return {
      subscriptions: {
        ...rest,
        create: (desired, until) => requireSameSecret().then(() => create(desired, until)),
        update: (id, desired, until) => requireSameSecret().then(() => update(id, desired, until)),
      },
    };
  }

  async function checkSubscriptions(): Promise<void> {
    const isRotating = await parts.rotating(source);
    const remediation = 'xiq-siem subscriptions rotate-secret';
    if (isRotating) log.warn('subscriptions.rotation_unfinished', { remediation });
    const accepted = parts.secrets(source);
    const [secret] = accepted;
    const { application, publicUrl, messageTypes, alerts } = subscriptions;
    const result = await reconcile(
      {
        // During a rotation a subscription has the old or the new secret, and the rotation updates it.
        target: { application, publicUrl, messageTypes, alerts, secret: isRotating ? undefined : secret },
        mode: isRotating ? 'report' : subscriptions.reconcile,
        seen: await readSeenTypes(documents, source, subscriptions),
        accepted,
        clock,
        log,
        api: guardRotation(secret),
      },
      signal,
    );
    found = {
      ...found,
      checked: new Date(clock.now()).toISOString(),
      failure: result.fault && `problems could not be fixed: ${result.fault.message}`,
      subscriptions: [...subscriptionStates(subscriptions, result, clock.now())],
    };
    for (const { messageType, reason, sinceMs, untilMs } of result.gaps) {
      if (sinceMs === undefined || untilMs === undefined) continue;
      log.warn('subscriptions.delivery_gap', { messageType, reason, since: iso(sinceMs), until: iso(untilMs) });
      await parts.onGap({ source, messageType, reason, sinceMs, untilMs });
    }
    await writeSeenTypes(documents, source, subscriptions, result.seen);
    meter.add('xiq_siem.subscriptions.checks', 1, { source, result: resultOf(result) });
  }

  async function checkUrl(): Promise<void> {
    const [messageType = ''] = subscriptions.messageTypes;
    const findings = await parts.checkUrl(urlFor(subscriptions, messageType), signal);
    found = { ...found, publicUrl: [...publicUrlStates(findings)] };
    for (const { check, state, message } of findings) {
      if (state === 'failed') log.warn('public_url.check_failed', { kind: check, why: message });
    }
  }

  function checkFailed(cause: unknown): void {
    if (signal.aborted) return;
    const isExpected = cause instanceof ConnectorError;
    const error = cause instanceof Error ? cause.message : String(cause);
    found = { ...found, failure: error };
    meter.add('xiq_siem.subscriptions.checks', 1, { source, result: 'failed' });
    const code = isExpected ? cause.code : 'internal';
    log[isExpected ? 'warn' : 'error']('subscriptions.check_failed', { code, error });
  }

  /** A requested check that has not started yet. */
  let requested: PromiseWithResolvers<void> | undefined;
  let sleeping = new AbortController();

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const current = requested;
      requested = undefined;
      await Promise.all([checkSubscriptions().catch(checkFailed), checkUrl().catch(checkFailed)]);
      current?.resolve();
      if (requested !== undefined) continue;
      sleeping = new AbortController();
      await clock.sleep(subscriptions.everyMinutes * 60_000, AbortSignal.any([signal, sleeping.signal]));
    }
    requested?.resolve();
  }
  const watching = watch();

  function requestCheck(): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    requested ??= Promise.withResolvers<void>();
    sleeping.abort();
    return requested.promise;
  }

  async function stopSourceWatch(): Promise<void> {
    stopping.abort();
    await watching;
  }

  return {
    found: (): Found => found,
    /** Checks now, or again after the running check. Resolves when that has ended, or at the stop. */
    check: requestCheck,
    stop: stopSourceWatch,
  };
}

function resultOf({ problems, remaining, surplus, foreignAtOurUrl, fault }: ReconcileResult): string {
  if (fault !== undefined) return 'fix_failed';
  if (remaining.size > 0) return 'problems_left';
  if (problems.size > 0) return 'fixed';
  return surplus + foreignAtOurUrl > 0 ? 'problems_left' : 'ok';
}

const iso = (ms: number): string => new Date(ms).toISOString();
