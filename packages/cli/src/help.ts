// Renders the text of `--help` from the tables of options and exit codes.
import type { CommandOption, CommandOptions } from './arguments.ts';
import { type ExitName, exits } from './exit-codes.ts';
import { wrapText } from './terminal/text-width.ts';

export interface HelpParts {
  /** `dlq list`. */
  readonly name: string;
  /** Positional arguments: `NAME`. */
  readonly usage: string | undefined;
  /** Paragraphs, separated by empty lines; a line that begins with a space is not wrapped. */
  readonly text: string;
  readonly options: CommandOptions;
  /** The meaning of each exit code of this command. */
  readonly exits: Partial<Record<ExitName, string>>;
}

const width = 80;

export function renderHelp({ name, usage, text, options, exits: exitTexts }: HelpParts): string {
  const paragraphs = text.split('\n').flatMap((line) => (line.startsWith(' ') ? [line] : wrapText(line, width)));
  const codes = Object.entries(exits)
    .flatMap(([exit, code]) => {
      const meaning = Object.entries(exitTexts).find(([named]) => named === exit)?.[1];
      return meaning === undefined ? [] : [[code, meaning] as const];
    })
    .sort(([a], [b]) => a - b);
  return [
    ['Usage: xiq-siem', name, usage, '[options]'].filter((part) => part !== undefined).join(' '),
    '',
    ...paragraphs,
    '',
    'Options:',
    ...hanging(Object.entries(options).map(([long, option]) => [optionText(long, option), option.help])),
    '',
    'Exit codes:',
    ...hanging(codes.map(([code, meaning]) => [String(code).padStart(3), meaning])),
  ].join('\n');
}

function optionText(long: string, { short, value }: CommandOption): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}

/** Two columns: a term, and its text wrapped beside it. */
export function hanging(rows: readonly (readonly [term: string, text: string])[]): readonly string[] {
  const indent = 4 + Math.max(...rows.map(([term]) => term.length));
  return rows.flatMap(([term, text]) =>
    wrapText(text, width - indent).map((line, index) =>
      index === 0 ? `  ${term.padEnd(indent - 2)}${line}` : ' '.repeat(indent) + line,
    ),
  );
}
