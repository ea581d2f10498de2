// The text of `--help`, made from the table that the arguments are parsed by.
import type { CommandOption, CommandOptions } from './arguments.ts';
import { type ExitName, exits } from './exit-codes.ts';
import { wrapText } from './terminal/text-width.ts';

export interface HelpParts {
  /** `dlq list`. */
  readonly name: string;
  /** What stands beside the options: `NAME`. */
  readonly usage: string | undefined;
  /** Paragraphs, parted by empty lines; a line that begins with a space is kept as it is. */
  readonly text: string;
  readonly options: CommandOptions;
  /** What each exit code says here. */
  readonly exits: Partial<Record<ExitName, string>>;
}

const width = 80;

export function renderHelp({ name, usage, text, options, exits: said }: HelpParts): string {
  const paragraphs = text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrapText(line, width)));
  const codes = Object.entries(exits)
    .flatMap(([exit, code]) => {
      const meaning = Object.entries(said).find(([named]) => named === exit)?.[1];
      return meaning === undefined ? [] : [[code, meaning] as const];
    })
    .sort(([a], [b]) => a - b);
  return [
    ['Usage: xiq-siem', name, usage, '[options]'].filter((part) => part !== undefined).join(' '),
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
