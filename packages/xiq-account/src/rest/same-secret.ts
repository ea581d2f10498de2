// Whether two secrets are the same, told in a time that depends on neither.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@xiq-siem/core';

const key = randomBytes(32);
const digest = (secret: Secret): Buffer => createHmac('sha256', key).update(secret.reveal()).digest();

export const isSameSecret = (one: Secret | undefined, other: Secret | undefined): boolean =>
  one === undefined || other === undefined ? one === other : timingSafeEqual(digest(one), digest(other));

export const holds = (secrets: readonly Secret[], wanted: Secret): boolean =>
  secrets.map((secret) => isSameSecret(secret, wanted)).includes(true);

/** What an API shows of a secret that it does not want to show: dots or stars alone. */
export const isMasked = (secret: Secret): boolean => /^[*•●.·]+$/u.test(secret.reveal());
