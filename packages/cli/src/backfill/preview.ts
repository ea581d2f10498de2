// `backfill --dry-run`: what would be fetched, type by type.
import type { Operations } from '@xiq-siem/admin-api';
import { type Asking, cutShort } from '../ask.ts';
import { exits } from '../exit-codes.ts';
import { printable } from '../terminal/printable.ts';
import { startProgress } from '../terminal/progress.ts';
import { renderTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted, group } from '../terminal/units.ts';

const columns = [
  { title: 'MESSAGE TYPE' },
  { title: 'FETCHED', align: 'right' },
  { title: 'HAD ALREADY', align: 'right' },
  { title: 'MISSING', align: 'right' },
] as const;

/** Resolves with the exit code. */
export async function preview(
  request: Parameters<Operations['previewBackfill']>[0],
  { operations, signal, say, tell }: Asking,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Looking at what came already', 'bodies');
  const rows: string[][] = [];
  for await (const line of operations.previewBackfill(request, signal)) {
    tell(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'fetching')
      terminal.progress(`Fetching ${line.messageType}: ${counted(line.fetched, 'event')}`);
    else if (line.kind === 'type') {
      rows.push([line.messageType, ...[line.fetched, line.known, line.missing].map(group)]);
    } else {
      progress.end();
      const verdict =
        line.missing === 0
          ? 'Nothing is missing.'
          : `${counted(line.missing, 'event')} would be fetched and delivered.`;
      const note = line.note === undefined ? [] : [`Note: ${printable(line.note)}.`];
      say([...renderTable(columns, rows, terminal), ...note, verdict]);
      return exits.ok;
    }
  }
  return cutShort(signal);
}
