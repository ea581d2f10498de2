// Rotates the secret of our subscriptions without a rejected webhook. After an interruption it resumes at the same step.
import { stat } from 'node:fs/promises';
import type { ConnectorError, Secret } from '@xiq-siem/core';
import type { Clock } from '@xiq-siem/delivery';
import type { Documents } from '@xiq-siem/state';
import { pause } from '../rest/pause.ts';
import { holds, isSameSecret } from '../rest/same-secret.ts';
import type { XiqSubscription } from '../rest/subscriptions.ts';
import type { ApplyPorts } from './apply.ts';
import { shownSecret } from './field-changes.ts';
import {
  fingerprintOf,
  lockRotation,
  newManagedSecret,
  readManagedList,
  readRotation,
  rotationPhase,
  writeManagedList,
  writeRotation,
} from './managed-list.ts';
import { shownMessageType } from './render-plan.ts';
import { subscriptionError } from './subscription-errors.ts';
import { foreignReason, messageTypeOf, type SubscriptionTarget } from './target.ts';

export interface RotationPorts extends Pick<ApplyPorts, 'api' | 'clock' | 'log'> {
  /** The managed secrets in the file. */
  readSecrets(): Promise<readonly Secret[]>;
  /** Writes all or nothing. Resolves when synced. */
  writeSecrets(secrets: readonly Secret[]): Promise<void>;
  /** The fingerprint of the new secret of an unfinished rotation. */
  readRotation(): Promise<string | undefined>;
  /** Undefined ends the rotation. Resolves when synced. */
  writeRotation(next: string | undefined): Promise<void>;
  /** Whether our receiver accepts a webhook with this secret now. Rejects if the receiver does not respond. */
  accepted(secret: Secret): Promise<boolean>;
  readonly newSecret: () => Secret;
}

export interface RotationOptions {
  readonly target: Omit<SubscriptionTarget, 'secret' | 'messageTypes'>;
  /** Time for the receiver to read the changed file. Default: 30 s. */
  readonly acceptWithinMs?: number;
  /** How long the old secret stays after all subscriptions show the new one, for webhooks in transit. Default: 60 s. */
  readonly graceMs?: number;
  /** The same if ExtremeCloud IQ shows no secrets. Default: 600 s. */
  readonly unseenGraceMs?: number;
}

export type RotationStep =
  | { readonly action: 'added' | 'resumed' | 'accepted' | 'promoted' | 'removed' }
  | { readonly action: 'updated'; readonly id: string; readonly messageType: string }
  /** Before the old secret is removed. `verified`: all subscriptions show the new secret. */
  | { readonly action: 'waiting'; readonly ms: number; readonly verified: boolean };

const checkEveryMs = 1_000;
const maxChecks = 30;

/**
 * The receiver accepts the new secret before a subscription has it, and the old secret until the last step. Nothing else
 * may change subscriptions meanwhile: do not run `reconcile`. Throws a ConnectorError if a step fails.
 */
export async function* rotateSecret(
  options: RotationOptions,
  ports: RotationPorts,
  signal: AbortSignal,
): AsyncGenerator<RotationStep, void, undefined> {
  const { target, acceptWithinMs = 30_000, graceMs = 60_000, unseenGraceMs = 600_000 } = options;
  const { api, clock, log } = ports;
  let found = rotationPhase(await ports.readSecrets(), await ports.readRotation());
  if (found.phase === 'idle') {
    const next = ports.newSecret();
    const old = found.secrets;
    if (old.length === 0) {
      const message = 'There is no secret yet: start the connector once, it creates one.';
      throw subscriptionError('secret_missing', message);
    }
    if (holds(old, next)) throw new Error('the new secret is in use already');
    // First, because an unrecorded secret in the list counts as an old one.
    await ports.writeRotation(fingerprintOf(next));
    await ports.writeSecrets([...old, next]);
    log.info('secret_rotation.secret_added');
    yield { action: 'added' };
    found = { phase: 'incoming', next, old };
  } else yield { action: 'resumed' };
  const { next, old } = found;

  await waitUntilAccepted();
  yield { action: 'accepted' };
  for (const one of await listNotUpdated()) yield await updateSubscription(one);
  if (found.phase === 'incoming') {
    await ports.writeSecrets([next, ...old]);
    log.info('secret_rotation.secret_promoted');
    yield { action: 'promoted' };
  }
  // Again: another process may have written the old secret before it was no longer the first.
  for (const one of await listNotUpdated()) yield await updateSubscription(one);
  const verified = await waitUntilVerified();
  const waitMs = verified ? graceMs : unseenGraceMs;
  yield { action: 'waiting', ms: waitMs, verified };
  await pause(clock, waitMs, signal);
  const late = (await listNotUpdated()).filter((one) => shownSecret(one) !== undefined);
  if (late.length > 0) throw notUpdatedError(late);
  await ports.writeSecrets([next]);
  await ports.writeRotation(undefined);
  log.info('secret_rotation.old_secrets_removed');
  yield { action: 'removed' };

  async function waitUntilAccepted(): Promise<void> {
    for (let waitedMs = 0; !(await ports.accepted(next)); waitedMs += checkEveryMs) {
      if (waitedMs >= acceptWithinMs) {
        const message = 'Our receiver does not accept the new secret yet. No subscription was updated.';
        const advice = 'Check that it runs and reads this file, then run this again.';
        throw subscriptionError('secret_not_accepted', `${message} ${advice}`);
      }
      await pause(clock, checkEveryMs, signal);
    }
  }

  /** Our subscriptions that do not show the new secret. Throws if a foreign one at our URL depends on the old secret. */
  async function listNotUpdated(): Promise<readonly XiqSubscription[]> {
    const all = await api.subscriptions.list(signal);
    const reasonOf = (one: XiqSubscription) => foreignReason({ ...target, messageTypes: [] }, one);
    const hasNewSecret = (one: XiqSubscription): boolean => {
      const secret = shownSecret(one);
      return secret !== undefined && isSameSecret(secret, next);
    };
    const remaining = all.filter((one) => !hasNewSecret(one));
    const reasons = ['our_url', 'no_message_type', 'alerts_not_configured'];
    const atOurUrl = remaining.filter((one) => reasons.includes(reasonOf(one) ?? ''));
    const dependent = atOurUrl.filter((one) => {
      const secret = shownSecret(one);
      return secret === undefined || holds(old, secret);
    });
    if (dependent.length > 0) throw foreignError(dependent, target.application);
    return remaining.filter((one) => reasonOf(one) === undefined);
  }

  async function updateSubscription(one: XiqSubscription): Promise<RotationStep> {
    const messageType = messageTypeOf(one) ?? '';
    const status = one.status === 'DISABLED' ? 'DISABLED' : 'ENABLED';
    await api.subscriptions.update(
      one.id,
      { application: one.application, url: one.url, messageType, status, policies: one.policies, secret: next },
      signal,
    );
    log.info('secret_rotation.subscription_updated', { id: one.id });
    return { action: 'updated', id: one.id, messageType: shownMessageType(one) };
  }

  /** False if the API does not show secrets. A list may show a change later than its 202 response. */
  async function waitUntilVerified(): Promise<boolean> {
    for (let check = 1; ; check++) {
      const remaining = await listNotUpdated();
      const shown = remaining.filter((one) => shownSecret(one) !== undefined);
      if (shown.length === 0) return remaining.length === 0;
      if (check === maxChecks) throw notUpdatedError(shown);
      await pause(clock, checkEveryMs, signal);
    }
  }
}

const idsOf = (subscriptions: readonly XiqSubscription[]): string => {
  const more = subscriptions.length > 5 ? ` and ${subscriptions.length - 5} more` : '';
  return `${subscriptions
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')}${more}`;
};

function notUpdatedError(subscriptions: readonly XiqSubscription[]): ConnectorError {
  const message = `ExtremeCloud IQ does not show the new secret for subscription ${idsOf(subscriptions)}.`;
  const advice = 'The receiver still accepts the old one: run this again later.';
  return subscriptionError('subscription_not_updated', `${message} ${advice}`);
}

function foreignError(subscriptions: readonly XiqSubscription[], application: string): ConnectorError {
  const message = `Subscription ${idsOf(subscriptions)} sends to our URL and is not ours: the receiver would reject its webhooks.`;
  const isAlert = subscriptions.every(({ policies }) => policies !== undefined);
  const change = isAlert ? 'set alerts: true' : `set its application to ${application} and its message type`;
  const advice = `Delete it in ExtremeCloud IQ, or ${change}`;
  return subscriptionError('foreign_subscription', `${message} ${advice}, then run this again. No secret was removed.`);
}

/** The receiver has read a changed file after this time: see secrets.ts. */
const rereadMs = 1_050;

export interface ManagedRotation extends RotationOptions, Pick<ApplyPorts, 'api' | 'clock' | 'log'> {
  /** The managed list. */
  readonly path: string;
  readonly source: string;
  readonly documents: Documents;
  /** Asks the running receiver. Undefined: none runs, and the next one accepts the secrets of the file. */
  readonly receiverAccepts: ((secret: Secret) => Promise<boolean>) | undefined;
}

/** Like `rotateSecret`, with a lock: throws `busy` if another process rotates the same secret. */
export async function* rotateManaged(
  { path, source, documents, receiverAccepts, api, clock, log, ...options }: ManagedRotation,
  signal: AbortSignal,
): AsyncGenerator<RotationStep, void, undefined> {
  // Without a list its directory may be missing too. `rotateSecret` then reports the missing secret.
  using _lock = readManagedList(path).length === 0 ? undefined : lockRotation(path);
  const ports: RotationPorts = {
    api,
    clock,
    log,
    readSecrets: async () => readManagedList(path),
    writeSecrets: (secrets) => writeManagedList(path, secrets),
    readRotation: () => readRotation(documents, source),
    writeRotation: (next) => writeRotation(documents, source, next),
    newSecret: newManagedSecret,
    async accepted(secret) {
      if (receiverAccepts === undefined) return holds(readManagedList(path), secret);
      // A request before that would be rejected and reported as an attack.
      await waitUntilRead(path, clock, signal);
      return receiverAccepts(secret);
    },
  };
  yield* rotateSecret(options, ports, signal);
}

async function waitUntilRead(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const waitMs = (await stat(path)).mtimeMs + rereadMs - clock.now();
  if (waitMs > 0) await pause(clock, Math.min(waitMs, rereadMs), signal);
}
