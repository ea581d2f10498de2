// The original text of an event, within bounds.
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import type { DocumentDraft } from './document-draft.ts';

/** Bytes of text that `event.original` holds at most, and that `original_base64` does. */
export const maxOriginalBytes = 262_144;

const encoder = new TextEncoder();

export interface Original {
  readonly text: string;
  readonly invalidBytes?: Uint8Array | undefined;
}

/** Integrity of the whole original, also where only a part of it is kept. */
export const originalHash = ({ text, invalidBytes }: Original): string => hash('sha256', invalidBytes ?? text, 'hex');

/** The text cut at a character, and how many bytes it had. */
function cut(text: string): { readonly kept: string; readonly bytes: number } | undefined {
  // A UTF-16 unit is at most three bytes.
  if (text.length * 3 <= maxOriginalBytes) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOriginalBytes) return undefined;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxOriginalBytes));
  return { kept: text.slice(0, read), bytes };
}

export function setOriginal(draft: DocumentDraft, { text, invalidBytes }: Original): void {
  const shortened = cut(text);
  if (text !== '') draft.set('event.original', shortened?.kept ?? text);
  if (shortened !== undefined) draft.set('extreme.xiq.original_bytes', invalidBytes?.length ?? shortened.bytes);
  if (invalidBytes === undefined) return;
  const kept = invalidBytes.subarray(0, (maxOriginalBytes / 4) * 3);
  if (kept.length < invalidBytes.length) draft.set('extreme.xiq.original_bytes', invalidBytes.length);
  draft.set('extreme.xiq.original_base64', Buffer.from(kept).toString('base64'));
}
