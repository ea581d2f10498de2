// What comes from outside, made fit for one line of a terminal.
import { escapeControls } from '@xiq-siem/core';

/** Controls, line ends and bidirectional marks as escapes. */
export function printable(text: string): string {
  return escapeControls(text).replaceAll('\n', '\\n');
}

/** JSON on one line; the same characters are escaped, which mean the same to whoever reads it. */
export function jsonLine(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}
