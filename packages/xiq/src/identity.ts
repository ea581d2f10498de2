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

/** Gives ids within one body: equal keys are told apart by how many came before. */
export function idsOfBody(): (family: string, key: readonly string[]) => string {
  const seen = new Map<string, number>();
  return (family, key) => {
    const prefix = lengthPrefixed([family, ...key]);
    const occurrence = (seen.get(prefix) ?? 0) + 1;
    seen.set(prefix, occurrence);
    const digest = hash('sha256', prefix + lengthPrefixed([String(occurrence)]), 'hex');
    return formula + digest.slice(0, 40);
  };
}

/** The key of an event whose natural key is not whole: its own text, and what it is an observation of. */
export const ownTextKey = (textHash: string, parentHash: string | undefined): readonly string[] =>
  parentHash === undefined ? ['text', textHash] : ['text', textHash, parentHash];
