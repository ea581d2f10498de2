// What is remembered of each message type from look to look and over restarts, and the gaps that come to light.
import type { Secret } from '@xiq-siem/core';
import { type Documents, documentNames } from '@xiq-siem/state';
import { z } from 'zod';
import { holds } from '../rest/same-secret.ts';
import { shownSecret } from './field-changes.ts';
import type { PlannedChange, SubscriptionPlan } from './plan.ts';
import { messageTypeOf, type SubscriptionTarget } from './target.ts';

/** Why webhooks of a type may not have come. `changed`: another URL, or a secret that we refuse. */
const gapReason = z.enum(['missing', 'disabled', 'changed']);
export type GapReason = z.output<typeof gapReason>;

/** What is wrong with a type. `outdated`: it has a secret that is not our first, but that we accept: no gap. */
export type SubscriptionProblem = GapReason | 'outdated';

const seenType = z.object({
  /** Epoch ms of the last look that found that its webhooks come. */
  wellAtMs: z.number().optional(),
  /** What the last look found instead. */
  problem: gapReason.optional(),
});

const record = z.object({
  v: z.literal(1),
  /** At another URL nothing that was seen before tells anything. */
  publicUrl: z.string(),
  application: z.string(),
  seen: z.record(z.string(), seenType),
});

type SeenType = z.output<typeof seenType>;
type Target = Pick<SubscriptionTarget, 'publicUrl' | 'application'>;

/** By message type; `{}` at first. */
export type SeenTypes = Readonly<Record<string, SeenType>>;

/** `{}` where there is none yet, it was of another target, or it is invalid, which is logged. */
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

/** A time in which webhooks of a type may not have been sent. */
export interface SubscriptionGap {
  readonly messageType: string;
  readonly reason: GapReason;
  /** Epoch ms of the look that last found it well. Undefined: none ever did, it was never ours to expect. */
  readonly sinceMs: number | undefined;
  /** Epoch ms at which it was well again. Undefined: it is not yet. */
  readonly untilMs: number | undefined;
}

export type Problems = ReadonlyMap<string, SubscriptionProblem>;

/** By message type. `accepted`: every secret of the source. */
export function problemsIn({ create, change }: SubscriptionPlan, accepted: readonly Secret[]): Problems {
  return new Map([
    ...create.map(({ messageType }) => [messageType, 'missing'] as const),
    ...change.map((one) => [messageTypeOf(one.subscription) ?? '', problemOf(one, accepted)] as const),
  ]);
}

function problemOf({ subscription, fields }: PlannedChange, accepted: readonly Secret[]): SubscriptionProblem {
  if (fields.some(({ field }) => field === 'status')) return 'disabled';
  const secret = shownSecret(subscription);
  const comes = fields.every(({ field }) => field === 'secret') && secret !== undefined && holds(accepted, secret);
  return comes ? 'outdated' : 'changed';
}

export interface Sighting {
  readonly messageTypes: readonly string[];
  /** What the look found. */
  readonly found: Problems;
  /** What is still so after mending; the same map where nothing was mended. */
  readonly left: Problems;
  /** Epoch ms before the first list was asked for: what was well then, is well from then on. */
  readonly checkedAtMs: number;
  /** Epoch ms after the last list was answered. */
  readonly endedAtMs: number;
}

export interface Remembered {
  readonly seen: SeenTypes;
  readonly gaps: readonly SubscriptionGap[];
}

export function rememberTypes(before: SeenTypes, sighting: Sighting): Remembered {
  const { messageTypes, found, left, checkedAtMs, endedAtMs } = sighting;
  const gaps: SubscriptionGap[] = [];
  const seen: Record<string, SeenType> = {};
  for (const messageType of messageTypes) {
    const { wellAtMs: sinceMs, problem } = before[messageType] ?? {};
    const reason = gapIn(found, messageType) ?? problem;
    const now = gapIn(left, messageType);
    if (reason !== undefined) {
      gaps.push({ messageType, reason, sinceMs, untilMs: now === undefined ? endedAtMs : undefined });
    }
    // What was mended counts from the look's begin too: that a later gap begins too early does no harm.
    if (now === undefined) seen[messageType] = { wellAtMs: checkedAtMs };
    else seen[messageType] = { wellAtMs: sinceMs, problem: now };
  }
  return { seen, gaps };
}

function gapIn(problems: Problems, messageType: string): GapReason | undefined {
  const problem = problems.get(messageType);
  return problem === 'outdated' ? undefined : problem;
}
