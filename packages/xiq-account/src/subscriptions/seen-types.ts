// Stores the last state of each message type over restarts, and finds gaps in its subscription.
import type { Secret } from '@xiq-siem/core';
import { type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';
import { holds } from '../rest/same-secret.ts';
import { shownSecret } from './field-changes.ts';
import type { PlannedChange, SubscriptionPlan } from './plan.ts';
import { messageTypeOf, type SubscriptionTarget } from './target.ts';

/** Why webhooks of a type may be missing. `changed`: another URL, or a secret that the receiver rejects. */
const gapReason = z.enum(['missing', 'disabled', 'changed']);
export type GapReason = z.output<typeof gapReason>;

/** The problem of a type. `outdated`: its secret is accepted, but not the first one; that is no gap. */
export type SubscriptionProblem = GapReason | 'outdated';

const seenType = z.object({
  /** Epoch ms of the last check without a gap. */
  wellAtMs: z.number().optional(),
  /** The gap that the last check found. */
  problem: gapReason.optional(),
});

const record = z.object({
  v: z.literal(1),
  /** The states are valid for this URL and application only. */
  publicUrl: z.string(),
  application: z.string(),
  seen: z.record(z.string(), seenType),
});

type SeenType = z.output<typeof seenType>;
type Target = Pick<SubscriptionTarget, 'publicUrl' | 'application'>;

/** By message type; `{}` at first. */
export type SeenTypes = Readonly<Record<string, SeenType>>;

/** `{}` if there is no record yet, it has another target, or it is invalid (logged). */
export async function readSeenTypes(
  documents: Documents,
  source: string,
  { publicUrl, application }: Target,
): Promise<SeenTypes> {
  const found = await documents.get(documentNames.subscriptions(source), record);
  return found?.publicUrl === publicUrl && found.application === application ? found.seen : {};
}

/** Resolves when it is on disk. */
export const writeSeenTypes = (
  documents: Documents,
  source: string,
  { publicUrl, application }: Target,
  seen: SeenTypes,
): Promise<void> => documents.put(documentNames.subscriptions(source), { v: 1, publicUrl, application, seen });

/** A time in which ExtremeCloud IQ may not have sent webhooks of a type. */
export interface SubscriptionGap {
  readonly messageType: string;
  readonly reason: GapReason;
  /** Epoch ms of the last check without a gap. Undefined: there was none, so that no webhooks were expected. */
  readonly sinceMs: number | undefined;
  /** Epoch ms of the first check without a gap. Undefined: the gap is still open. */
  readonly untilMs: number | undefined;
}

export type Problems = ReadonlyMap<string, SubscriptionProblem>;

/** By message type. `accepted`: all secrets of the source. */
export function problemsIn({ create, change }: SubscriptionPlan, accepted: readonly Secret[]): Problems {
  return new Map([
    ...create.map(({ messageType }) => [messageType, 'missing'] as const),
    ...change.map((one) => [messageTypeOf(one.subscription) ?? '', problemOf(one, accepted)] as const),
  ]);
}

function problemOf({ subscription, fields }: PlannedChange, accepted: readonly Secret[]): SubscriptionProblem {
  if (fields.some(({ field }) => field === 'status')) return 'disabled';
  const secret = shownSecret(subscription);
  const isAccepted = fields.every(({ field }) => field === 'secret') && secret !== undefined && holds(accepted, secret);
  return isAccepted ? 'outdated' : 'changed';
}

export interface CheckOutcome {
  readonly messageTypes: readonly string[];
  /** The problems before any fix. */
  readonly found: Problems;
  /** The problems after the fixes. */
  readonly remaining: Problems;
  /** Epoch ms before the first list request. */
  readonly startedAtMs: number;
  /** Epoch ms after the last list response. */
  readonly endedAtMs: number;
}

export interface RecordedTypes {
  readonly seen: SeenTypes;
  readonly gaps: readonly SubscriptionGap[];
}

export function recordTypes(before: SeenTypes, outcome: CheckOutcome): RecordedTypes {
  const { messageTypes, found, remaining, startedAtMs, endedAtMs } = outcome;
  const gaps: SubscriptionGap[] = [];
  const seen: Record<string, SeenType> = {};
  for (const messageType of messageTypes) {
    const { wellAtMs: sinceMs, problem } = before[messageType] ?? {};
    const reason = gapIn(found, messageType) ?? problem;
    const now = gapIn(remaining, messageType);
    if (reason !== undefined) {
      gaps.push({ messageType, reason, sinceMs, untilMs: now === undefined ? endedAtMs : undefined });
    }
    // The start, also after a fix: a later gap then starts a little too early, which is safe.
    if (now === undefined) seen[messageType] = { wellAtMs: startedAtMs };
    else seen[messageType] = { wellAtMs: sinceMs, problem: now };
  }
  return { seen, gaps };
}

function gapIn(problems: Problems, messageType: string): GapReason | undefined {
  const problem = problems.get(messageType);
  return problem === 'outdated' ? undefined : problem;
}
