// Names and what they are, one below the other.
import { printable } from './printable.ts';

/** Texts may come from outside. */
export function renderFacts(facts: readonly (readonly [name: string, text: string])[]): readonly string[] {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `  ${name.padEnd(width)}  ${printable(text)}`);
}
