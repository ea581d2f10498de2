// Gives our subscriptions a new secret, with no webhook refused on the way; run again, it goes on where it ended.
import { stat } from 'node:fs/promises';
import { ConnectorError, type Secret } from '@xiq-siem/core';
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
import { foreignReason, messageTypeOf, type SubscriptionTarget } from './target.ts';

export interface RotationPorts extends Pick<ApplyPorts, 'api' | 'clock' | 'log'> {
  /** The managed secrets as they stand in the file. */
  readSecrets(): Promise<readonly Secret[]>;
  /** All or nothing, and synced when it resolves. */
  writeSecrets(secrets: readonly Secret[]): Promise<void>;
  /** The fingerprint of the new secret of a rotation that is not done. */
  readRotation(): Promise<string | undefined>;
  /** Synced when it resolves; undefined ends the rotation. */
  writeRotation(next: string | undefined): Promise<void>;
  /** Whether our own receiver would accept a webhook with it now. Rejects where it cannot be asked. */
  accepted(secret: Secret): Promise<boolean>;
  readonly newSecret: () => Secret;
}

export interface RotationOptions {
  readonly target: Omit<SubscriptionTarget, 'secret' | 'messageTypes'>;
  /** How long the receiver has to read the changed file, 30 s where it is not said. */
  readonly acceptWithinMs?: number;
  /** How long the old secret stays when ExtremeCloud IQ has shown that it has the new one: for what is under way. */
  readonly graceMs?: number;
  /** The same where it shows no secrets. */
  readonly unseenGraceMs?: number;
}

export type RotationStep =
  | { readonly did: 'added' | 'resumed' | 'accepted' | 'put_first' | 'dropped' }
  | { readonly did: 'told'; readonly id: string; readonly messageType: string }
  /** Before the old secret goes. `isSeen`: ExtremeCloud IQ showed that it has the new one everywhere. */
  | { readonly did: 'waiting'; readonly ms: number; readonly isSeen: boolean };

const checkEveryMs = 1_000;
const maxLooks = 30;

/**
 * Throws a ConnectorError where it cannot go on; the old secret is accepted until the last step is done, and the new one
 * from before ExtremeCloud IQ hears of it. While it runs nothing else may change subscriptions: hold off `reconcile`.
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
      const message = 'There is no secret to begin with: start the connector once, it makes one.';
      throw new ConnectorError('secret_unreadable', message);
    }
    if (holds(old, next)) throw new ConnectorError('usage', 'The new secret is one that is in use already.');
    // Noted first: with the secret in the list and no note of it, it would be taken for one of the old ones.
    await ports.writeRotation(fingerprintOf(next));
    await ports.writeSecrets([...old, next]);
    log.info('secret_rotation.added');
    yield { did: 'added' };
    found = { phase: 'incoming', next, old };
  } else yield { did: 'resumed' };
  const { next, old } = found;

  await untilAccepted();
  yield { did: 'accepted' };
  for (const one of await notTold()) yield await tell(one);
  if (found.phase === 'incoming') {
    await ports.writeSecrets([next, ...old]);
    log.info('secret_rotation.put_first');
    yield { did: 'put_first' };
  }
  // Again: from now on others write the new one too, and what they wrote before is seen, or overwritten.
  for (const one of await notTold()) yield await tell(one);
  const isSeen = await untilSeen();
  const waitMs = isSeen ? graceMs : unseenGraceMs;
  yield { did: 'waiting', ms: waitMs, isSeen };
  await pause(clock, waitMs, signal);
  const late = (await notTold()).filter((one) => shownSecret(one) !== undefined);
  if (late.length > 0) throw stillOld(late);
  await ports.writeSecrets([next]);
  await ports.writeRotation(undefined);
  log.info('secret_rotation.dropped');
  yield { did: 'dropped' };

  async function untilAccepted(): Promise<void> {
    for (let waitedMs = 0; !(await ports.accepted(next)); waitedMs += checkEveryMs) {
      if (waitedMs >= acceptWithinMs) {
        const message = 'Our receiver does not accept the new secret yet; ExtremeCloud IQ was not told of it.';
        throw new ConnectorError('busy', `${message} Look whether it runs and reads this file, then run this again.`);
      }
      await pause(clock, checkEveryMs, signal);
    }
  }

  /** Ours that are not seen to have the new secret. Throws where somebody else's webhooks to us would be refused. */
  async function notTold(): Promise<readonly XiqSubscription[]> {
    const all = await api.subscriptions.list(signal);
    const reasonOf = (one: XiqSubscription) => foreignReason({ ...target, messageTypes: [] }, one);
    const isTold = (one: XiqSubscription): boolean => {
      const secret = shownSecret(one);
      return secret !== undefined && isSameSecret(secret, next);
    };
    const left = all.filter((one) => !isTold(one));
    const atOurUrl = left.filter((one) => ['our_url', 'no_message_type'].includes(reasonOf(one) ?? ''));
    const dependent = atOurUrl.filter((one) => {
      const secret = shownSecret(one);
      return secret === undefined || holds(old, secret);
    });
    if (dependent.length > 0) throw foreignAtOurUrl(dependent, target.application);
    return left.filter((one) => reasonOf(one) === undefined);
  }

  async function tell(one: XiqSubscription): Promise<RotationStep> {
    const messageType = messageTypeOf(one) ?? '';
    const status = one.status === 'DISABLED' ? 'DISABLED' : 'ENABLED';
    await api.subscriptions.update(
      one.id,
      { application: one.application, url: one.url, messageType, status, secret: next },
      signal,
    );
    log.info('secret_rotation.told', { id: one.id });
    return { did: 'told', id: one.id, messageType: shownMessageType(one) };
  }

  /** False where the API does not show secrets. What it answered 202 may show a little later. */
  async function untilSeen(): Promise<boolean> {
    for (let look = 1; ; look++) {
      const left = await notTold();
      const shown = left.filter((one) => shownSecret(one) !== undefined);
      if (shown.length === 0) return left.length === 0;
      if (look === maxLooks) throw stillOld(shown);
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

function stillOld(subscriptions: readonly XiqSubscription[]): ConnectorError {
  const message = `ExtremeCloud IQ still shows another secret for subscription ${idsOf(subscriptions)}.`;
  return new ConnectorError('busy', `${message} The old one is accepted as before: run this again in a while.`);
}

function foreignAtOurUrl(subscriptions: readonly XiqSubscription[], application: string): ConnectorError {
  const message = `Subscription ${idsOf(subscriptions)} sends to our URL and is not ours: its webhooks would be refused.`;
  const whatToDo = `Delete it in ExtremeCloud IQ, or name its application ${application} and give it a message type`;
  return new ConnectorError('busy', `${message} ${whatToDo}, then run this again: no secret was taken away.`);
}

/** After this the receiver has looked at a changed file, whenever it looked before: see secrets.ts. */
const readAgainMs = 1_050;

export interface ManagedRotation extends RotationOptions, Pick<ApplyPorts, 'api' | 'clock' | 'log'> {
  /** Of the managed list. */
  readonly path: string;
  readonly source: string;
  readonly documents: Documents;
  /** Asks the receiver that runs; undefined where none does: what stands in the file is what the next one accepts. */
  readonly askReceiver: ((secret: Secret) => Promise<boolean>) | undefined;
}

/** As `rotateSecret`; throws `busy` where another process rotates the same secret. */
export async function* rotateManaged(
  { path, source, documents, askReceiver, api, clock, log, ...options }: ManagedRotation,
  signal: AbortSignal,
): AsyncGenerator<RotationStep, void, undefined> {
  // Without a list there is no directory either, perhaps; and there is nothing to rotate, which it says.
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
      if (askReceiver === undefined) return holds(readManagedList(path), secret);
      // Asked too early it would be refused, and that told as somebody's try.
      await untilRead(path, clock, signal);
      return askReceiver(secret);
    },
  };
  yield* rotateSecret(options, ports, signal);
}

async function untilRead(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const waitMs = (await stat(path)).mtimeMs + readAgainMs - clock.now();
  if (waitMs > 0) await pause(clock, Math.min(waitMs, readAgainMs), signal);
}
