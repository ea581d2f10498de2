// Texts of system errors, and texts of unknown origin that are safe for a terminal or a log viewer.

/** The code of a system error (`ENOENT`), or its message. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

/** Escapes control characters and bidirectional marks, which could manipulate a terminal. */
export function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As `escapeControls`, line ends too: for texts that people read in a SIEM. */
export const visibleText = (text: string): string => escapeControls(text).replaceAll('\n', '\\u000a');
