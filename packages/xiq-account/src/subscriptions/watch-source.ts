// Looks at one source's subscriptions and public URL, at once and every few minutes, until it is stopped.
import type { SourceState } from '@xiq-siem/admin-api';
import { ConnectorError, type Logger, type Meter, type MetricTable, type Secret } from '@xiq-siem/core';
import type { SubscriptionsConfig } from '@xiq-siem/xiq';
import type { XiqCloud } from '../cloud.ts';
import type { ApiClock } from '../rest/api-clock.ts';
import { publicUrlStates, subscriptionStates, unknownStates } from './found-state.ts';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { type ReconcileResult, reconcile } from './reconcile.ts';
import type { SeenFile } from './seen-file.ts';
import { urlFor } from './target.ts';

export const subscriptionMetrics = {
  'xiq_siem.subscriptions.looks': {
    help: 'Times that the subscriptions at ExtremeCloud IQ were looked at, by what was found: well, mended, troubled, not_mended (it was to be, and could not), failed.',
    unit: '{look}',
    attributes: ['source', 'result'],
  },
} as const satisfies MetricTable;

export type SubscriptionMeter = Meter<keyof typeof subscriptionMetrics>;

/** A time in which webhooks of a type may not have been sent: from the last look that found it well, until it was so again. */
export interface FoundGap {
  readonly source: string;
  readonly messageType: string;
  readonly reason: 'missing' | 'disabled' | 'changed';
  /** Epoch milliseconds, as `untilMs`. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface WatchSourceParts {
  readonly cloud: XiqCloud;
  readonly subscriptions: SubscriptionsConfig;
  readonly memory: SeenFile;
  /** As they are accepted now, in order. */
  secrets(): readonly Secret[];
  /** Whether a rotation of the managed secret was begun and is not done. */
  rotating(): boolean;
  /** What a sender would find at this URL. Rejects only with the signal's reason. */
  lookAtUrl(url: string, signal: AbortSignal): Promise<readonly PublicUrlFinding[]>;
  /** Resolves when it is safe with whoever fills it: the look that found it is remembered after that. */
  gapFound(gap: FoundGap): Promise<void>;
  readonly clock: ApiClock;
  readonly log: Logger;
  readonly meter: SubscriptionMeter;
}

type ApiState = NonNullable<SourceState['api']>;

export interface SourceWatch {
  state(): ApiState;
  /** Looks now, or once more after the look that is under way; resolves when that is done, or it was stopped. */
  look(): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

type Looked = Pick<ApiState, 'looked' | 'failure' | 'subscriptions' | 'publicUrl'>;

export function watchSource(parts: WatchSourceParts): SourceWatch {
  const { cloud, subscriptions, memory, clock, meter } = parts;
  const { source, api } = cloud;
  const stopping = new AbortController();
  const { signal } = stopping;
  const log = named(parts.log, source);
  let found: Looked = { subscriptions: [...unknownStates(subscriptions)], publicUrl: [] };

  /** A look that hangs over a rotation must not put the old secret back: what it would change is asked for again. */
  function unlessRotatedSince(secret: Secret | undefined): Pick<XiqCloud['api'], 'subscriptions'> {
    const { create, update, ...rest } = api.subscriptions;
    const check = (): void => {
      const [now] = parts.secrets();
      if (!parts.rotating() && now?.reveal() === secret?.reveal()) return;
      throw new ConnectorError('busy', 'a secret was rotated meanwhile: the next look mends what is left');
    };
    return {
      subscriptions: {
        ...rest,
        async create(wanted, until) {
          check();
          await create(wanted, until);
        },
        async update(id, wanted, until) {
          check();
          await update(id, wanted, until);
        },
      },
    };
  }

  async function lookAtSubscriptions(): Promise<void> {
    const isRotating = parts.rotating();
    if (isRotating) log.warn('subscriptions.rotation_unfinished', { mend: 'xiq-siem subscriptions rotate-secret' });
    const accepted = parts.secrets();
    const [secret] = accepted;
    const { application, publicUrl, messageTypes } = subscriptions;
    const result = await reconcile(
      {
        // While a secret is rotated, subscriptions have the old one or the new one, and whoever rotates changes them.
        target: { application, publicUrl, messageTypes, ...(!isRotating && { secret }) },
        mode: isRotating ? 'report' : subscriptions.reconcile,
        seen: await memory.read(subscriptions),
        ...{ accepted, clock, log },
        api: unlessRotatedSince(secret),
      },
      signal,
    );
    found = {
      ...found,
      looked: new Date(clock.now()).toISOString(),
      failure: result.fault && `what is wrong could not be mended: ${result.fault.message}`,
      subscriptions: [...subscriptionStates(subscriptions, result, clock.now())],
    };
    for (const { messageType, reason, sinceMs, untilMs } of result.gaps) {
      if (sinceMs === undefined || untilMs === undefined) continue;
      log.warn('subscriptions.gap', { messageType, reason, since: iso(sinceMs), until: iso(untilMs) });
      await parts.gapFound({ source, messageType, reason, sinceMs, untilMs });
    }
    await memory.write(subscriptions, result.seen);
    meter.add('xiq_siem.subscriptions.looks', 1, { source, result: wordOf(result) });
  }

  async function lookAtUrl(): Promise<void> {
    const [messageType = ''] = subscriptions.messageTypes;
    const findings = await parts.lookAtUrl(urlFor(subscriptions, messageType), signal);
    found = { ...found, publicUrl: [...publicUrlStates(findings)] };
    for (const { check, state, message } of findings) {
      if (state === 'wrong') log.warn('public_url.wrong', { kind: check, why: message });
    }
  }

  function failed(cause: unknown): void {
    if (signal.aborted) return;
    const isForeseen = cause instanceof ConnectorError;
    const why = cause instanceof Error ? cause.message : String(cause);
    found = { ...found, failure: why };
    meter.add('xiq_siem.subscriptions.looks', 1, { source, result: 'failed' });
    const facts = { code: isForeseen ? cause.code : 'internal', why };
    if (isForeseen) log.warn('subscriptions.look_failed', facts);
    else log.error('subscriptions.look_failed', facts);
  }

  /** The look that somebody asked for and that has not begun. */
  let asked: PromiseWithResolvers<void> | undefined;
  let sleeping = new AbortController();

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const answered = asked;
      asked = undefined;
      await Promise.all([lookAtSubscriptions().catch(failed), lookAtUrl().catch(failed)]);
      answered?.resolve();
      if (asked !== undefined) continue;
      sleeping = new AbortController();
      const woken = AbortSignal.any([signal, sleeping.signal]);
      await clock.sleep(subscriptions.everyMinutes * 60_000, woken).catch(() => undefined);
    }
    asked?.resolve();
  }
  const watching = watch();

  return {
    state() {
      const { perHour, remaining } = api.budget();
      const { failure, ...rest } = found;
      return {
        ...rest,
        ...(failure !== undefined && { failure }),
        ...(parts.rotating() && { rotating: true }),
        ...{ requestsPerHour: perHour, requestsRemaining: remaining },
      };
    },
    look() {
      if (signal.aborted) return Promise.resolve();
      asked ??= Promise.withResolvers<void>();
      sleeping.abort();
      return asked.promise;
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

function wordOf({ troubles, left, surplus, foreignAtOurUrl, fault }: ReconcileResult): string {
  if (fault !== undefined) return 'not_mended';
  if (left.size > 0) return 'troubled';
  if (troubles.size > 0) return 'mended';
  return surplus + foreignAtOurUrl > 0 ? 'troubled' : 'well';
}

const iso = (ms: number): string => new Date(ms).toISOString();

function named(log: Logger, source: string): Logger {
  return {
    debug: (event, facts) => log.debug(event, { source, ...facts }),
    info: (event, facts) => log.info(event, { source, ...facts }),
    warn: (event, facts) => log.warn(event, { source, ...facts }),
    error: (event, facts) => log.error(event, { source, ...facts }),
  };
}
