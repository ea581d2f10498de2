// Renders a table that fits the terminal: numbers are right-aligned and whole, texts are cut if needed.
import { type Colour, colourWriter } from './colours.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';
import { cutText, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  /** Numbers are never cut: a part of a number would be a different number. */
  readonly align?: 'right';
}

/** Columns of texts or numbers, by their titles. */
export const texts = (...titles: readonly string[]): readonly Column[] => titles.map((title) => ({ title }));
export const numbers = (...titles: readonly string[]): readonly Column[] =>
  titles.map((title) => ({ title, align: 'right' }));

export type Cell = string | { readonly text: string; readonly colour: Colour | undefined };

const gap = '  ';
/** A narrower text is useless; the line exceeds the width instead. */
const leastWidth = 6;

const textOf = (cell: Cell | undefined): string => printable(typeof cell === 'object' ? cell.text : (cell ?? ''));

/** Lines, the titles first. Escapes the cells. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const cellTexts = rows.map((row) => columns.map((_, index) => textOf(row[index])));
  const wanted = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...cellTexts.map((row) => textWidth(row[index] ?? ''))),
  );
  const widths = terminal.columns === undefined ? wanted : fitting(columns, wanted, terminal.columns);
  const coloured = colourWriter(terminal);
  const line = (cells: readonly string[], colourOf: (index: number) => Colour | undefined): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        const cut = columns[index]?.align === 'right' ? cell : cutText(cell, width);
        const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
        const colouredText = coloured(colourOf(index), cut);
        if (columns[index]?.align === 'right') return space + colouredText;
        return index === cells.length - 1 ? colouredText : colouredText + space;
      })
      .join(gap)
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  return [
    line(titles, () => 'dim'),
    ...cellTexts.map((row, number) =>
      line(row, (index) => {
        const cell = rows[number]?.[index];
        return typeof cell === 'object' ? cell.colour : undefined;
      }),
    ),
  ];
}

/** Narrows the widest text column until the line fits. */
function fitting(columns: readonly Column[], wanted: readonly number[], width: number): readonly number[] {
  const widths = [...wanted];
  let over = widths.reduce((sum, one) => sum + one, gap.length * (columns.length - 1)) - width;
  const cuttable = columns.flatMap(({ align }, index) => (align === 'right' ? [] : [index]));
  while (over > 0) {
    const [widest] = [...cuttable].sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    const now = widest === undefined ? 0 : (widths[widest] ?? 0);
    if (widest === undefined || now <= leastWidth) break;
    widths[widest] = now - 1;
    over -= 1;
  }
  return widths;
}
