// `xiq-siem unmapped`: lists fields that the mapping does not know.
import { routes, type UnmappedLine } from '@xiq-siem/admin-api';
import { endedEarly } from './connection.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';
import { startProgress } from './terminal/progress.ts';
import { numbers, renderTable, texts } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';
import { counted, group } from './terminal/units.ts';
import { parseSpan, spanOptions, timeHelp } from './time.ts';

export const unmappedCommand = defineCommand({
  text: `List, for each message type, the fields that the mapping does not know: path, JSON type and count. Also list how senders authenticate. The output contains no values, so you can send it to the maintainers of the mapping.

${timeHelp}`,
  options: spanOptions,
  exits: { ok: 'listed, also if there are none' },
  connector: 'reads',
  json: { schema: routes.unmapped.response, lines: true },
  async run({ values, terminal, connect }) {
    const span = parseSpan(values, terminal.now());
    return connect(async ({ operations, signal, print, printJson }) => {
      const progress = startProgress(terminal, 'Scanning', 'requests');
      for await (const line of operations.unmapped(span, signal)) {
        printJson(line);
        if (line.kind === 'progress') progress.show(line.done, line.total);
        else {
          progress.end();
          print(renderUnmapped(line, terminal));
          return exits.ok;
        }
      }
      return endedEarly(signal);
    });
  },
});

type Unmapped = Extract<UnmappedLine, { kind: 'end' }>;

const fieldColumns = [...texts('FIELD', 'TYPE'), ...numbers('COUNT')];
const formColumns = [...texts('SOURCE', 'AUTHENTICATION'), ...numbers('COUNT')];

const fieldRow = ({ path, type, count }: Unmapped['types'][number]['fields'][number]) => [path, type, group(count)];

function renderUnmapped({ types, authentication, snapshot }: Unmapped, terminal: Terminal): readonly string[] {
  const forms = authentication.map(({ source, form, count }) => [source, form, group(count)]);
  const formLines = snapshot
    ? ['How senders authenticate: start the connector to see this.']
    : forms.length === 0
      ? ['No sender has authenticated since the connector started.']
      : renderTable(formColumns, forms, terminal);
  return [
    ...(types.length === 0 ? ['The mapping knows every field.', ''] : []),
    ...types.flatMap(({ messageType, bodies, fields, omitted }) => [
      `${printable(messageType)}: unmapped fields in ${counted(bodies, 'request')}`,
      ...renderTable(fieldColumns, fields.map(fieldRow), terminal),
      ...(omitted === 0 ? [] : [`… and ${counted(omitted, 'more field')}`]),
      '',
    ]),
    ...formLines,
  ];
}
