// Renders a completeness proof: hours by message type, missing events, and counts by destination.
import type { CompletenessCell, CompletenessLine } from '@xiq-siem/admin-api';
import { colourWriter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { textWidth } from '../terminal/text-width.ts';
import { clockTime, counted, group } from '../terminal/units.ts';

type End = Extract<CompletenessLine, { kind: 'end' }>;
type Screen = Pick<Terminal, 'columns' | 'colours'>;

const colours = { complete: 'green', missing: 'red', surplus: 'yellow', unprovable: 'dim' } as const;

/** Listed events of one cell. `--json` has more. */
const maxListed = 20;

export function renderProof(cells: readonly CompletenessCell[], end: End, terminal: Screen): readonly string[] {
  return [
    ...hoursTables(cells, terminal),
    '',
    ...destinationsTable(cells, terminal),
    ...cells.filter(({ missingCount, surplusCount }) => missingCount + surplusCount > 0).flatMap(renderDifference),
    ...renderReasons(cells),
    ...(end.note === undefined ? [] : [`Note: ${printable(end.note)}.`]),
    verdictLine(end, terminal),
  ];
}

/** Message types that do not fit beside the others are in a table of their own. */
function hoursTables(cells: readonly CompletenessCell[], terminal: Screen): readonly string[] {
  const { columns: width = Number.POSITIVE_INFINITY } = terminal;
  const hours = Map.groupBy(cells, ({ hour }) => hour);
  const table = (types: readonly string[], screen: Screen): readonly string[] => {
    const titles = texts('HOUR', ...types.map((type) => type.replace(/_LOG_ALL$/, '')));
    const rows = [...hours].map(([hour, here]) => [
      `${clockTime(hour).slice(0, 16)}Z`,
      ...types.map((type) => shownState(here.find(({ messageType }) => messageType === type))),
    ]);
    return renderTable(titles, rows, screen);
  };
  const uncut = { columns: undefined, colours: false };
  const groups: string[][] = [];
  for (const type of new Set(cells.map(({ messageType }) => messageType))) {
    const last = groups.at(-1);
    if (last !== undefined && table([...last, type], uncut).every((line) => textWidth(line) <= width)) last.push(type);
    else groups.push([type]);
  }
  return groups.flatMap((types, index) => [...(index === 0 ? [] : ['']), ...table(types, terminal)]);
}

/** The number comes first, because a narrow terminal cuts the end. */
function shownState(cell: CompletenessCell | undefined): Cell {
  if (cell === undefined) return '';
  const { state, missingCount, surplusCount, kept } = cell;
  const colour = colours[state];
  if (state === 'complete') return { text: `complete ${group(kept)}`, colour };
  if (state === 'unprovable') return { text: state, colour };
  const parts = [
    ...(missingCount === 0 ? [] : [`${group(missingCount)} missing`]),
    ...(surplusCount === 0 ? [] : [`${group(surplusCount)} surplus`]),
  ];
  return { text: parts.join(', '), colour };
}

const columns = [...texts('DESTINATION', 'ASSURANCE'), ...numbers('CONFIRMED', 'DEAD LETTERS', 'FILTERED', 'WAITING')];

function destinationsTable(cells: readonly CompletenessCell[], terminal: Screen): readonly string[] {
  const byName = Map.groupBy(
    cells.flatMap(({ destinations }) => destinations),
    ({ name }) => name,
  );
  const rows = [...byName].map(([name, counts]) => {
    const sum = (field: 'confirmed' | 'deadLettered' | 'filtered' | 'waiting') =>
      group(counts.reduce((all, one) => all + one[field], 0));
    const [first] = counts;
    return [name, first?.assurance ?? '', sum('confirmed'), sum('deadLettered'), sum('filtered'), sum('waiting')];
  });
  return rows.length === 0 ? [] : [...renderTable(columns, rows, terminal), ''];
}

function renderDifference({ messageType, hour, ...cell }: CompletenessCell): readonly string[] {
  const { missing, missingCount, surplus, surplusCount, reason } = cell;
  const list = (message: string, events: typeof missing, count: number): readonly string[] => {
    if (count === 0) return [];
    const shown = events.slice(0, maxListed);
    const lines = shown.map(
      ({ id, time, message: about }) =>
        `    ${clockTime(time)}  ${printable(id)}${about === undefined ? '' : `  ${printable(about)}`}`,
    );
    return [`  ${message}:`, ...lines, ...(count > shown.length ? [`    … ${group(count - shown.length)} more`] : [])];
  };
  return [
    `${printable(messageType)}, hour from ${clockTime(hour)}${reason === undefined ? '' : ` (${printable(reason)})`}`,
    ...list(`${counted(missingCount, 'event')} missing`, missing, missingCount),
    ...list(
      `${counted(surplusCount, 'event')} surplus: stored, but not in the log of ExtremeCloud IQ`,
      surplus,
      surplusCount,
    ),
    '',
  ];
}

/** Each reason once, with its message types and number of hours. */
function renderReasons(cells: readonly CompletenessCell[]): readonly string[] {
  const unprovable = cells.filter(({ state }) => state === 'unprovable');
  const reasons = Map.groupBy(unprovable, ({ reason = 'unknown reason' }) => reason);
  const lines = [...reasons].map(([reason, here]) => {
    const types = [...new Set(here.map(({ messageType }) => messageType.replace(/_LOG_ALL$/, '')))];
    const hours = counted(new Set(here.map(({ hour }) => hour)).size, 'hour');
    return printable(`  ${types.join(', ')}, ${hours}: ${reason}`);
  });
  return lines.length === 0 ? [] : ['Unprovable:', ...lines, ''];
}

function verdictLine({ verdict, cells }: End, terminal: Screen): string {
  const coloured = colourWriter(terminal);
  if (verdict === 'complete')
    return coloured(
      'green',
      'Complete: all events that ExtremeCloud IQ logged are stored and delivered, and no others.',
    );
  const counts = Object.entries(cells).flatMap(([state, count]) => (count === 0 ? [] : [`${group(count)} ${state}`]));
  if (verdict === 'unprovable')
    return `No event is known to be missing, but some hours cannot be proved. By type and hour: ${counts.join(', ')}.`;
  return coloured('red', `Incomplete. By type and hour: ${counts.join(', ')}.`);
}
