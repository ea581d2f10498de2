// Escapes texts for one line of a terminal.
import { escapeControls } from '@xiq-siem/core';

/** Escapes controls, line ends and bidirectional marks. */
export function printable(text: string): string {
  return escapeControls(text).replaceAll('\n', '\\n');
}

/** JSON on one line. The same characters are escaped; a JSON parser reads the same value. */
export function jsonLine(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/** `dead_lettered` as "dead-lettered", `not_found` as "not found". */
export const readableCode = (code: string): string => code.replace('dead_', 'dead-').replaceAll('_', ' ');
