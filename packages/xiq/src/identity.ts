// Creates `event.id`: the same id on every resend and replay, in every spelling of an event.
import { hash } from 'node:crypto';

/** The first character of an id. A changed formula gets another one, so that old and new ids are different. */
const idVersion = '1';

/** A unique text for a list: each part with its length (in UTF-16 units) before it. */
export function lengthPrefixed(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}

interface Identity {
  readonly id: string;
  /** From 1: the n-th of its key. */
  readonly occurrence: number;
}

/** The identity of the next event. `occurrence` is set if the body gives it. */
export type NextIdentity = (family: string, key: readonly string[], occurrence?: number) => Identity;

/** Distinguishes events with equal keys by their occurrence, within a body or several bodies that are read as one. */
export function countedIdentities(): NextIdentity {
  const seen = new Map<string, number>();
  return (family, key, given) => {
    const prefix = lengthPrefixed([family, ...key]);
    const occurrence = given ?? (seen.get(prefix) ?? 0) + 1;
    seen.set(prefix, occurrence);
    const digest = hash('sha256', prefix + lengthPrefixed([String(occurrence)]), 'hex');
    return { id: idVersion + digest.slice(0, 40), occurrence };
  };
}

/** The key of an event with an incomplete natural key: the hash of its text, and of its parent's text. */
export const textKey = (textHash: string, parentHash: string | undefined): readonly string[] =>
  parentHash === undefined ? ['text', textHash] : ['text', textHash, parentHash];
