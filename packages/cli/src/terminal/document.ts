// A document as indented JSON that cannot steer a terminal.
import { printable } from './printable.ts';

export function renderDocument(document: unknown): readonly string[] {
  // JSON escapes the C0 controls; what is left of the others means the same as an escape.
  return JSON.stringify(document, undefined, 2).split('\n').map(printable);
}
