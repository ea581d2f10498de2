// Creates `event.id`: the same id on every resend and replay, in every spelling of an element; different for different ones.
import { hash } from 'node:crypto';

/** The first character of an id. A changed formula gets another one, so that old and new ids are different. */
const idVersion = '2';

/** A unique text for a list: each part with its length (in UTF-16 units) before it. */
export function lengthPrefixed(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}

interface Identity {
  readonly id: string;
  /** From 1: the n-th of its content. */
  readonly occurrence: number;
}

/**
 * The identity of the next event. `content`: the canonical texts of the element and of its parent. `occurrence` is set if
 * the body gives it.
 */
export type NextIdentity = (family: string, content: readonly string[], occurrence?: number) => Identity;

/**
 * Distinguishes events of equal content by their occurrence, within a body or several bodies that are read as one. `scope`
 * is a part of each id: '' if equal bodies and equal elements of different bodies are the same event.
 */
export function countedIdentities(scope = ''): NextIdentity {
  /** By the digest of the first occurrence, which is shorter than the content. */
  const seen = new Map<string, number>();
  return (family, content, given) => {
    const text = wellFormed(lengthPrefixed([family, scope, ...content]));
    const first = digestOf(text, 1);
    const occurrence = given ?? (seen.get(first) ?? 0) + 1;
    seen.set(first, occurrence);
    const digest = occurrence === 1 ? first : digestOf(text, occurrence);
    return { id: idVersion + digest.slice(0, 40), occurrence };
  };
}

const digestOf = (text: string, occurrence: number): string => hash('sha256', text + occurrence, 'hex');

/** JSON escapes half characters, which have no UTF-8 form. */
const wellFormed = (text: string): string => (text.isWellFormed() ? text : JSON.stringify(text));
