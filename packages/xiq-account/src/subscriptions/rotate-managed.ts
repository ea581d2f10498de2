// The rotation of a managed secret, on the file that it stands in and the receiver that reads it.
import type { Secret } from '@xiq-siem/core';
import type { ApiClock } from '../rest/api-clock.ts';
import { managedListWrittenMs, newManagedSecret, readManagedList, writeManagedList } from './managed-list.ts';
import { type RotationOptions, type RotationPorts, type RotationStep, rotateSecret } from './rotate-secret.ts';
import { lockRotation } from './rotation-lock.ts';

/** After this the receiver has looked at a changed file, whenever it looked before: see secrets.ts. */
const readAgainMs = 1_050;

export interface ManagedRotation extends RotationOptions, Pick<RotationPorts, 'api' | 'clock' | 'log'> {
  /** Of the managed list. */
  readonly path: string;
  /** Asks the receiver that runs; undefined where none does: what stands in the file is what the next one accepts. */
  readonly askReceiver: ((secret: Secret) => Promise<boolean>) | undefined;
}

/** As `rotateSecret`; throws `busy` where another process rotates the same secret. */
export async function* rotateManaged(
  { path, askReceiver, api, clock, log, ...options }: ManagedRotation,
  signal: AbortSignal,
): AsyncGenerator<RotationStep, void, undefined> {
  // Without a list there is no directory either, perhaps; and there is nothing to rotate, which it says.
  using _lock = readManagedList(path).length === 0 ? undefined : lockRotation(path);
  const ports: RotationPorts = {
    ...{ api, clock, log },
    readSecrets: async () => readManagedList(path),
    writeSecrets: (secrets) => writeManagedList(path, secrets),
    newSecret: newManagedSecret,
    async accepted(secret) {
      if (askReceiver === undefined) return readManagedList(path).some((one) => one.reveal() === secret.reveal());
      // Asked too early it would be refused, and that told as somebody's try.
      await untilRead(path, clock, signal);
      return askReceiver(secret);
    },
  };
  yield* rotateSecret(options, ports, signal);
}

async function untilRead(path: string, clock: ApiClock, signal: AbortSignal): Promise<void> {
  const waitMs = (await managedListWrittenMs(path)) + readAgainMs - clock.now();
  if (waitMs > 0) await clock.sleep(Math.min(waitMs, readAgainMs), signal);
  signal.throwIfAborted();
}
