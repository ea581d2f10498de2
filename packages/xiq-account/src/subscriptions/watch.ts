// Watches the subscriptions and the public URL of every source that has some configured, and follows a reload.
import type { SourceState } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger, type Meter, type MetricTable, type Secret } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { Documents } from '@xiq-siem/state';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import type { CurrentClouds, XiqCloud } from '../cloud.ts';
import { publicUrlStates, subscriptionStates, unknownStates } from './found-state.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { type ReconcileResult, reconcile } from './reconcile.ts';
import { type GapReason, readSeenTypes, writeSeenTypes } from './seen-types.ts';
import { urlFor } from './target.ts';

export const subscriptionMetrics = {
  'xiq_siem.subscriptions.checks': {
    help: 'Times that the subscriptions at ExtremeCloud IQ were looked at, by what was found: well, mended, troubled, not_mended (it was to be, and could not), failed.',
    unit: '{look}',
    attributes: ['source', 'result'],
  },
} as const satisfies MetricTable;

/** A time in which webhooks of a type may not have been sent: from the last look that found it well, until it was so again. */
export interface FoundGap {
  readonly source: string;
  readonly messageType: string;
  readonly reason: GapReason;
  /** Epoch milliseconds, as `untilMs`. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface SubscriptionsWatchParts {
  readonly clouds: CurrentClouds;
  /** Those that a source accepts now, in order; none of a source that is not there. */
  secrets(source: string): readonly Secret[];
  /** Whether a rotation of the source's managed secret was begun and is not done. */
  rotating(source: string): Promise<boolean>;
  /** What a sender would find at this URL. Rejects only with the signal's reason. */
  checkUrl(url: string, signal: AbortSignal): Promise<readonly PublicUrlFinding[]>;
  /** Resolves when it is safe with whoever fills it: the look that found it is remembered after that. */
  gapFound(gap: FoundGap): Promise<void>;
  /** Where what was seen is kept. */
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter<keyof typeof subscriptionMetrics>;
}

/** That a token lives on is no harm: nobody waits longer to give it back. */
const logoutMs = 2_000;

export type SubscriptionsWatch = ReturnType<typeof startSubscriptionsWatch>;

export function startSubscriptionsWatch(parts: SubscriptionsWatchParts) {
  /** `watch` is undefined where there is an API, and no subscriptions are configured. */
  const watched = new Map<string, { readonly cloud: XiqCloud; readonly watch: SourceWatch | undefined }>();
  /** What was watched before a reload ends in its own time, but never beside its successor. */
  const ending = new Map<string, Promise<void>>();
  let stopped = false;

  function follow(): void {
    const now = parts.clouds();
    for (const [source, { cloud, watch }] of watched) {
      if (now.get(source) === cloud) continue;
      watched.delete(source);
      if (watch === undefined) continue;
      const ended = watch.stop().finally(() => {
        ending.delete(source);
        if (!stopped) follow();
      });
      ending.set(source, ended);
    }
    for (const [source, cloud] of now) {
      if (watched.has(source) || ending.has(source)) continue;
      watched.set(source, { cloud, watch: cloud.subscriptions && watchSource(cloud, cloud.subscriptions, parts) });
    }
  }
  follow();

  function stateOf(source: string): SourceState['api'] {
    const one = watched.get(source);
    if (one === undefined) return undefined;
    const { perHour, remaining } = one.cloud.api.budget();
    const found = one.watch?.found() ?? { subscriptions: [], publicUrl: [] };
    return { ...found, requestsPerHour: perHour, requestsRemaining: remaining };
  }

  return {
    /** To be told when the configuration was read again: it looks right after that. */
    reloaded(): void {
      if (stopped) return;
      const before = [...watched.values()];
      follow();
      // What is new looks by itself.
      for (const { cloud, watch } of before) if (watched.get(cloud.source)?.watch === watch) void watch?.look();
    },
    /** Looks at all, or at one of these sources, now; resolves with their names when that is done. */
    async look(source?: string): Promise<readonly string[]> {
      const meant = [...watched].filter(([name, { watch }]) => watch && (source === undefined || name === source));
      await Promise.all(meant.map(([, { watch }]) => watch?.look()));
      return meant.map(([name]) => name);
    },
    /** Undefined where the source has no API. Waits for nothing, and tells nothing of a rotation. */
    state: stateOf,
    /** As `state`, with the rotation that is under way. */
    async shown(source: string): Promise<SourceState['api']> {
      const state = stateOf(source);
      return state !== undefined && (await parts.rotating(source)) ? { ...state, rotating: true } : state;
    },
    /** Resolves when nothing is under way any more. */
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all([...ending.values(), ...[...watched.values()].map(({ watch }) => watch?.stop())]);
      const signal = AbortSignal.timeout(logoutMs);
      await Promise.all([...watched.values()].map(({ cloud }) => cloud.api.logout(signal).catch(() => undefined)));
    },
  };
}

type Found = Omit<NonNullable<SourceState['api']>, 'requestsPerHour' | 'requestsRemaining'>;
type SourceWatch = ReturnType<typeof watchSource>;

/** Looks at one source's subscriptions and public URL, at once and every few minutes, until it is stopped. */
function watchSource(cloud: XiqCloud, subscriptions: SubscriptionsConfig, parts: SubscriptionsWatchParts) {
  const { documents, clock, meter } = parts;
  const { source, api } = cloud;
  const stopping = new AbortController();
  const { signal } = stopping;
  const log = named(parts.log, source);
  let found: Found = { subscriptions: [...unknownStates(subscriptions)], publicUrl: [] };

  /** A look that hangs over a rotation must not put the old secret back: what it would change is asked for again. */
  function unlessRotatedSince(secret: Secret | undefined): Pick<XiqCloud['api'], 'subscriptions'> {
    const { create, update, ...rest } = api.subscriptions;
    const check = async (): Promise<void> => {
      const [now] = parts.secrets(source);
      if (!(await parts.rotating(source)) && now?.reveal() === secret?.reveal()) return;
      throw new ConnectorError('busy', 'a secret was rotated meanwhile: the next look mends what is left');
    };
    return {
      subscriptions: {
        ...rest,
        async create(wanted, until) {
          await check();
          await create(wanted, until);
        },
        async update(id, wanted, until) {
          await check();
          await update(id, wanted, until);
        },
      },
    };
  }

  async function checkSubscriptions(): Promise<void> {
    const isRotating = await parts.rotating(source);
    if (isRotating) log.warn('subscriptions.rotation_unfinished', { mend: 'xiq-siem subscriptions rotate-secret' });
    const accepted = parts.secrets(source);
    const [secret] = accepted;
    const { application, publicUrl, messageTypes } = subscriptions;
    const result = await reconcile(
      {
        // While a secret is rotated, subscriptions have the old one or the new one, and whoever rotates changes them.
        target: { application, publicUrl, messageTypes, secret: isRotating ? undefined : secret },
        mode: isRotating ? 'report' : subscriptions.reconcile,
        seen: await readSeenTypes(documents, source, subscriptions),
        accepted,
        clock,
        log,
        api: unlessRotatedSince(secret),
      },
      signal,
    );
    found = {
      ...found,
      checked: new Date(clock.now()).toISOString(),
      failure: result.fault && `what is wrong could not be mended: ${result.fault.message}`,
      subscriptions: [...subscriptionStates(subscriptions, result, clock.now())],
    };
    for (const { messageType, reason, sinceMs, untilMs } of result.gaps) {
      if (sinceMs === undefined || untilMs === undefined) continue;
      log.warn('subscriptions.gap', { messageType, reason, since: iso(sinceMs), until: iso(untilMs) });
      await parts.gapFound({ source, messageType, reason, sinceMs, untilMs });
    }
    await writeSeenTypes(documents, source, subscriptions, result.seen);
    meter.add('xiq_siem.subscriptions.checks', 1, { source, result: wordOf(result) });
  }

  async function checkUrl(): Promise<void> {
    const [messageType = ''] = subscriptions.messageTypes;
    const findings = await parts.checkUrl(urlFor(subscriptions, messageType), signal);
    found = { ...found, publicUrl: [...publicUrlStates(findings)] };
    for (const { check, state, message } of findings) {
      if (state === 'failed') log.warn('public_url.check_failed', { kind: check, why: message });
    }
  }

  function failed(cause: unknown): void {
    if (signal.aborted) return;
    const isForeseen = cause instanceof ConnectorError;
    const why = cause instanceof Error ? cause.message : String(cause);
    found = { ...found, failure: why };
    meter.add('xiq_siem.subscriptions.checks', 1, { source, result: 'failed' });
    log[isForeseen ? 'warn' : 'error']('subscriptions.look_failed', {
      code: isForeseen ? cause.code : 'internal',
      why,
    });
  }

  /** The look that somebody asked for and that has not begun. */
  let asked: PromiseWithResolvers<void> | undefined;
  let sleeping = new AbortController();

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const answered = asked;
      asked = undefined;
      await Promise.all([checkSubscriptions().catch(failed), checkUrl().catch(failed)]);
      answered?.resolve();
      if (asked !== undefined) continue;
      sleeping = new AbortController();
      await clock.sleep(subscriptions.everyMinutes * 60_000, AbortSignal.any([signal, sleeping.signal]));
    }
    asked?.resolve();
  }
  const watching = watch();

  return {
    found: (): Found => found,
    /** Looks now, or once more after the look that is under way; resolves when that is done, or it was stopped. */
    look(): Promise<void> {
      if (signal.aborted) return Promise.resolve();
      asked ??= Promise.withResolvers<void>();
      sleeping.abort();
      return asked.promise;
    },
    async stop(): Promise<void> {
      stopping.abort();
      await watching;
    },
  };
}

function wordOf({ problems, left, surplus, foreignAtOurUrl, fault }: ReconcileResult): string {
  if (fault !== undefined) return 'fix_failed';
  if (left.size > 0) return 'problems_left';
  if (problems.size > 0) return 'fixed';
  return surplus + foreignAtOurUrl > 0 ? 'problems_left' : 'ok';
}

const iso = (ms: number): string => new Date(ms).toISOString();

const named = (log: Logger, source: string): Logger => ({
  debug: (event, attributes) => log.debug(event, { source, ...attributes }),
  info: (event, attributes) => log.info(event, { source, ...attributes }),
  warn: (event, attributes) => log.warn(event, { source, ...attributes }),
  error: (event, attributes) => log.error(event, { source, ...attributes }),
});
