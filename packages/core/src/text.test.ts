import { expect, it } from 'vitest';
import { escapeControls, visibleText } from './text.ts';

it.each([
  ['an escape sequence', 'a\u001b[2J', 'a\\u001b[2J'],
  ['NUL, DEL and C1', '\0\u007f\u0085\u009b', '\\u0000\\u007f\\u0085\\u009b'],
  ['line ends', 'a\r\nb\u2028c\u2029d\te', 'a\\u000d\\u000ab\\u2028c\\u2029d\\u0009e'],
  ['bidirectional marks', '\u202eevil\u202c\u2066\u2069\u200f\u061c', '\\u202eevil\\u202c\\u2066\\u2069\\u200f\\u061c'],
  ['nothing', 'Müller 😀 \\u001b \u00a0', 'Müller 😀 \\u001b \u00a0'],
])('visibleText escapes %s', (_, text, visible) => {
  expect(visibleText(text)).toBe(visible);
});

it('escapeControls leaves line feeds, for a terminal', () => {
  expect(escapeControls('a\n\u001b')).toBe('a\n\\u001b');
});
