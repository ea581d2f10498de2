// The table of destinations in `status`. Columns that do not fit are left out, the least important first.
import type { DestinationState, Status } from '@xiq-siem/admin-api';
import type { Colour } from '../terminal/colours.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { textWidth } from '../terminal/text-width.ts';
import { byteSize, group, rate, shortCount, shortDuration } from '../terminal/units.ts';

const stateColours: Readonly<Record<DestinationState['state'], Colour | undefined>> = {
  running: 'green',
  backing_off: 'yellow',
  paused: 'red',
  stopping: 'yellow',
  stopped: 'yellow',
  not_started: undefined,
  unknown: undefined,
};

interface StatusColumn {
  readonly title: string;
  readonly text?: true;
  /** The highest is left out first; absent: always shown. */
  readonly drop?: number;
  /** Shown only if this is true of one destination. */
  readonly when?: (destination: DestinationState) => boolean;
  cell(destination: DestinationState, status: Pick<Status, 'stateFault'>): Cell;
}

const columns: readonly StatusColumn[] = [
  { title: 'NAME', text: true, cell: ({ name }) => name },
  { title: 'STATE', text: true, cell: ({ state }) => ({ text: state.replace('_', ' '), colour: stateColours[state] }) },
  { title: 'REQUESTS', drop: 2, cell: ({ lag }) => shortCount(lag.bodies) },
  { title: 'BYTES', drop: 7, cell: ({ lag }) => byteSize(lag.bytes) },
  { title: 'AGE', drop: 1, cell: ({ lag }) => (lag.bodies === 0 ? '-' : shortDuration(lag.seconds)) },
  { title: 'EV/S', drop: 5, cell: ({ eventsPerSecond }) => rate(eventsPerSecond) },
  { title: 'DELIVERED', drop: 4, cell: ({ counters }) => shortCount(counters.delivered) },
  { title: 'FILTERED', drop: 3, cell: ({ counters }) => shortCount(counters.filtered) },
  { title: 'DEAD', cell: deadCell },
  {
    title: 'FULL IN',
    drop: 6,
    when: ({ lag: { hoursUntilFull } }) => hoursUntilFull !== null,
    cell: ({ lag: { hoursUntilFull: hours } }) => (hours === null ? '-' : shortDuration(hours * 3600)),
  },
];

function deadCell({ deadLetters: { open } }: DestinationState, { stateFault }: Pick<Status, 'stateFault'>): Cell {
  if (stateFault !== undefined) return '?';
  return open === 0 ? '0' : { text: group(open), colour: 'yellow' };
}

const gap = 2;
const widthOf = (cell: Cell): number => textWidth(typeof cell === 'object' ? cell.text : cell);

export function destinationTable(
  status: Pick<Status, 'destinations' | 'stateFault'>,
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const { destinations } = status;
  const filled = columns
    .filter(({ when }) => when === undefined || destinations.some(when))
    .map((column) => ({ column, cells: destinations.map((one) => column.cell(one, status)) }))
    .map((one) => ({ ...one, width: Math.max(one.column.title.length, ...one.cells.map(widthOf)) }));
  let shown = filled;
  const tooWide = (): boolean =>
    shown.reduce((sum, { width }) => sum + width + gap, -gap) > (terminal.columns ?? Number.POSITIVE_INFINITY);
  while (tooWide()) {
    const last = Math.max(0, ...shown.map(({ column: { drop = 0 } }) => drop));
    if (last === 0) break;
    shown = shown.filter(({ column }) => column.drop !== last);
  }
  const titles = shown.flatMap(({ column: { title, text } }) => (text === true ? texts(title) : numbers(title)));
  const rows = destinations.map((_, index) => shown.map(({ cells }) => cells[index] ?? ''));
  return renderTable(titles, rows, terminal);
}
