// Prints the next step of a problem: its commands can be pasted, and are not broken over two lines.
import type { CommonValues } from './connection.ts';
import { wrapText } from './terminal/text-width.ts';

/** Stands for a space inside a command while the text is wrapped; no printable text contains it. */
const joined = '\u0001';
const needsNoQuotes = /^[\w@%+=:,./-]+$/;
/** Commands without `--data`. */
const withoutData = /^xiq-siem (?:serve|setup|validate)\b/;

const quoted = (text: string): string => (needsNoQuotes.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A hint with its commands in backticks, as a text for `wrapHint`: with the `--config` and `--data` of the user. */
export function hintText(hint: string, { config, data }: Pick<CommonValues, 'config' | 'data'>): string {
  return hint.replaceAll(/`([^`]+)`/g, (_, inner: string) => {
    if (!inner.startsWith('xiq-siem ')) return inner;
    const options = [
      ...(config === undefined ? [] : [`-c ${quoted(config)}`]),
      ...(data === undefined || withoutData.test(inner) ? [] : [`--data ${quoted(data)}`]),
    ];
    return [inner, ...options].join(' ').replaceAll(' ', joined);
  });
}

/** Lines of at most `width` columns; a longer command is a line of its own. */
export const wrapHint = (text: string, width: number): readonly string[] =>
  wrapText(text, width).map((line) => line.replaceAll(joined, ' '));
