// The text of `--help`, made from the table that the arguments are parsed by.
import type { CommandOption, CommandOptions } from './arguments.ts';
import { wrapText } from './terminal/text-width.ts';

export interface HelpParts {
  /** `dlq list`. */
  readonly name: string;
  /** What stands beside the options: `NAME`. */
  readonly words?: string;
  /** Paragraphs, parted by empty lines; a line that begins with a space is kept as it is. */
  readonly text: string;
  readonly options: CommandOptions;
  /** Exit code, and what it says here. */
  readonly exits: readonly (readonly [code: number, meaning: string])[];
}

const width = 80;

export function renderHelp({ name, words, text, options, exits }: HelpParts): string {
  const usage = ['Usage: xiq-siem', name, ...(words === undefined ? [] : [words]), '[options]'].join(' ');
  const paragraphs = text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrapText(line, width)));
  const codes = [...exits].sort(([a], [b]) => a - b);
  return [
    usage,
    '',
    ...paragraphs,
    '',
    'Options:',
    ...hanging(Object.entries(options).map(([long, option]) => [spelled(long, option), option.help])),
    '',
    'Exit codes:',
    ...hanging(codes.map(([code, meaning]) => [String(code).padStart(3), meaning])),
  ].join('\n');
}

function spelled(long: string, { short, value }: CommandOption): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}

/** What begins a line at the left, and its words beside it. */
export function hanging(rows: readonly (readonly [left: string, right: string])[]): readonly string[] {
  const indent = 4 + Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrapText(right, width - indent).map((line, index) =>
      index === 0 ? `  ${left.padEnd(indent - 2)}${line}` : ' '.repeat(indent) + line,
    ),
  );
}
