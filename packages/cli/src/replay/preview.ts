// `replay --dry-run`: what a changed mapping would change, by examples and in sum.
import type { Operations, PreviewLine } from '@xiq-siem/admin-api';
import { type Asking, cutShort } from '../ask.ts';
import { exits } from '../exit-codes.ts';
import { type Paint, painter } from '../terminal/colours.ts';
import { printable } from '../terminal/printable.ts';
import { startProgress } from '../terminal/progress.ts';
import { numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cutText } from '../terminal/text-width.ts';
import { counted, group } from '../terminal/units.ts';

type Change = Extract<PreviewLine, { kind: 'change' }>;
type End = Extract<PreviewLine, { kind: 'end' }>;

/** Resolves with the exit code. */
export async function preview(
  request: Parameters<Operations['previewReplay']>[0],
  { operations, signal, say, tell }: Asking,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Comparing', 'bodies');
  for await (const line of operations.previewReplay(request, signal)) {
    tell(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'change') say(renderChange(line, terminal));
    else {
      progress.end();
      say(renderEnd(line, terminal));
      return exits.ok;
    }
  }
  return cutShort(signal);
}

function renderChange({ eventId, dataset, receipt, element, fields }: Change, terminal: Terminal): readonly string[] {
  const paint = painter(terminal);
  return [
    `${printable(eventId)} ${printable(dataset)} (${printable(receipt)}, element ${element})`,
    ...fields.map((field) => `  ${renderField(field, terminal, paint)}`),
  ];
}

function renderField({ path, before, after }: Change['fields'][number], { columns }: Terminal, paint: Paint): string {
  const name = printable(path);
  // Half of what is left beside the name and the arrow for each of the two.
  const width =
    columns === undefined ? Number.POSITIVE_INFINITY : Math.max(12, Math.floor((columns - name.length - 8) / 2));
  const shown = (value: unknown): string => cutText(valueText(value), width);
  return `${name}: ${paint('red', shown(before))} -> ${paint('green', shown(after))}`;
}

/** JSON has no word for a field that is not there. */
function valueText(value: unknown): string {
  return value === undefined || value === null ? '(none)' : printable(JSON.stringify(value));
}

function renderEnd(end: End, terminal: Terminal): readonly string[] {
  const { before, after, bodies, events, changed, idsChanged, fields } = end;
  const mapping =
    before === after
      ? `Mapping ${printable(before)} is in effect and stands in the file.`
      : `Mapping ${printable(before)} -> ${printable(after)}.`;
  const columns = [...texts('FIELD'), ...numbers('EVENTS')];
  const rows = fields.map((field) => [field.path, group(field.events)]);
  return [
    ...(changed === 0 ? [] : ['']),
    mapping,
    `${group(changed)} of ${counted(events, 'event')} in ${counted(bodies, 'body', 'bodies')} would change.`,
    ...(idsChanged === 0
      ? []
      : [`${counted(idsChanged, 'event id')} would change: this must not be, please report it.`]),
    ...(fields.length === 0 ? [] : renderTable(columns, rows, terminal)),
  ];
}
