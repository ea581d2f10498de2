// Where a rotation stands, told by the list of secrets alone: it can be interrupted anywhere, and nothing else is kept.
import type { Secret } from '@xiq-siem/core';
import { isSameSecret } from './same-secret.ts';

/**
 * - `idle`: any list, such as `[a]` or `[a, b]`.
 * - `incoming`: the last line twice, `[a, n, n]`: `n` is accepted as well, ExtremeCloud IQ is being told of it.
 * - `leaving`: the first line again as the last, `[n, a, n]`: `n` is the one to use, the others are on their way out.
 *
 * A secret that stands twice is accepted no other than one that stands once.
 */
export type RotationStand =
  | { readonly stand: 'idle'; readonly secrets: readonly Secret[] }
  | { readonly stand: 'incoming' | 'leaving'; readonly next: Secret; readonly old: readonly Secret[] };

export function readStand(secrets: readonly Secret[]): RotationStand {
  const [first, last, beforeLast] = [secrets[0], secrets.at(-1), secrets.at(-2)];
  if (first === undefined || last === undefined || beforeLast === undefined || secrets.length < 3) {
    return { stand: 'idle', secrets };
  }
  if (isSameSecret(last, beforeLast)) return { stand: 'incoming', next: last, old: secrets.slice(0, -2) };
  if (isSameSecret(last, first)) return { stand: 'leaving', next: last, old: secrets.slice(1, -1) };
  return { stand: 'idle', secrets };
}

export const incoming = (old: readonly Secret[], next: Secret): readonly Secret[] => [...old, next, next];
export const leaving = (old: readonly Secret[], next: Secret): readonly Secret[] => [next, ...old, next];
