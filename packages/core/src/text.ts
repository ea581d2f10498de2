// Texts of system errors, and texts of unknown origin that are safe for a terminal or a log viewer.

/** The code of a system error (`ENOENT`), or its message. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

const controls = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const controlsButLineFeed = new RegExp(`(?!\\n)${controls.source}`, 'gu');

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Escapes control characters and bidirectional marks, which could manipulate a terminal. */
export const escapeControls = (text: string): string => text.replace(controlsButLineFeed, escapeOf);

/** As `escapeControls`, line feeds too: for texts that people read in a SIEM. The test is faster than the replacement. */
export const visibleText = (text: string): string =>
  controls.test(text) ? escapeControls(text).replaceAll('\n', escapeOf('\n')) : text;
