// `replay --dry-run`: shows what a changed mapping would change, as examples and totals.
import type { Operations, PreviewLine } from '@xiq-siem/admin-api';
import { type Connection, endedEarly } from '../connection.ts';
import { exits } from '../exit-codes.ts';
import { type ColourWriter, colourWriter } from '../terminal/colours.ts';
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
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Comparing', 'requests');
  for await (const line of operations.previewReplay(request, signal)) {
    printJson(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'change') print(renderChange(line, terminal));
    else {
      progress.end();
      print(renderEnd(line, terminal));
      return exits.ok;
    }
  }
  return endedEarly(signal);
}

function renderChange({ eventId, dataset, receipt, element, fields }: Change, terminal: Terminal): readonly string[] {
  const coloured = colourWriter(terminal);
  return [
    `${printable(eventId)} ${printable(dataset)} (${printable(receipt)}, element ${element})`,
    ...fields.map((field) => `  ${renderField(field, terminal, coloured)}`),
  ];
}

function renderField(
  { path, before, after }: Change['fields'][number],
  { columns }: Terminal,
  coloured: ColourWriter,
): string {
  const name = printable(path);
  // Both values share the width that the name and the arrow leave.
  const width =
    columns === undefined ? Number.POSITIVE_INFINITY : Math.max(12, Math.floor((columns - name.length - 8) / 2));
  const text = (value: unknown): string => cutText(valueText(value), width);
  return `${name}: ${coloured('red', text(before))} -> ${coloured('green', text(after))}`;
}

function valueText(value: unknown): string {
  return value === undefined || value === null ? '(none)' : printable(JSON.stringify(value));
}

function renderEnd(end: End, terminal: Terminal): readonly string[] {
  const { before, after, bodies, events, changed, idsChanged, fields } = end;
  const mapping =
    before === after
      ? `Mapping ${printable(before)} is active and unchanged.`
      : `Mapping ${printable(before)} -> ${printable(after)}.`;
  const columns = [...texts('FIELD'), ...numbers('EVENTS')];
  const rows = fields.map((field) => [field.path, group(field.events)]);
  return [
    ...(changed === 0 ? [] : ['']),
    mapping,
    `${group(changed)} of ${counted(events, 'event')} in ${counted(bodies, 'request')} would change.`,
    ...(idsChanged === 0 ? [] : [`${counted(idsChanged, 'event id')} would change: this is a bug, please report it.`]),
    ...(fields.length === 0 ? [] : renderTable(columns, rows, terminal)),
  ];
}
