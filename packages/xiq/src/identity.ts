// `event.id`: the same on every resend and replay, in whatever spelling an event comes.
import { hash } from 'node:crypto';

/** Stands before the digits; a changed formula gets another, so that old and new ids never meet. */
const formula = '1';

/** A list as one text that no other list gives: each part with its length (in UTF-16 units) before it. */
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

/** Gives the next event its identity; `occurrence` where the body itself says which of its key the event is. */
export type NextIdentity = (family: string, key: readonly string[], occurrence?: number) => Identity;

/** Tells equal keys apart by how many came before, within a body or all that is read as one. */
export function countedIdentities(): NextIdentity {
  const seen = new Map<string, number>();
  return (family, key, said) => {
    const prefix = lengthPrefixed([family, ...key]);
    const occurrence = said ?? (seen.get(prefix) ?? 0) + 1;
    seen.set(prefix, occurrence);
    const digest = hash('sha256', prefix + lengthPrefixed([String(occurrence)]), 'hex');
    return { id: formula + digest.slice(0, 40), occurrence };
  };
}

/** The key of an event whose natural key is not whole: its own text, and what it is an observation of. */
export const ownTextKey = (textHash: string, parentHash: string | undefined): readonly string[] =>
  parentHash === undefined ? ['text', textHash] : ['text', textHash, parentHash];
