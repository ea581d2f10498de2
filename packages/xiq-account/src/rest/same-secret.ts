// Compares secrets in constant time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@xiq-siem/core';

const key = randomBytes(32);
const digest = (secret: Secret): Buffer => createHmac('sha256', key).update(secret.reveal()).digest();

export const isSameSecret = (one: Secret | undefined, other: Secret | undefined): boolean =>
  one === undefined || other === undefined ? one === other : timingSafeEqual(digest(one), digest(other));

export const holds = (secrets: readonly Secret[], desired: Secret): boolean =>
  secrets.map((secret) => isSameSecret(secret, desired)).includes(true);

/** Whether the API shows only dots or asterisks instead of the secret. */
export const isMasked = (secret: Secret): boolean => /^[*•●.·]+$/u.test(secret.reveal());
