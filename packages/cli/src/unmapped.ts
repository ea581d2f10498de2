// `xiq-siem shapes`: what senders send that no mapping knows.
import { routes, type UnmappedLine } from '@xiq-siem/admin-api';
import { cutShort } from './ask.ts';
import { defineCommand } from './define-command.ts';
import { exits } from './exit-codes.ts';
import { printable } from './terminal/printable.ts';
import { startProgress } from './terminal/progress.ts';
import { numbers, renderTable, texts } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';
import { counted, group } from './terminal/units.ts';
import { parseSpan, spanOptions, timeHelp } from './time.ts';

export const unmappedCommand = defineCommand({
  text: `For each message type the fields that no mapping knows: path, JSON type and count; and the form in which senders authenticate. No values: it can be sent to whoever maintains the mapping.

${timeHelp}`,
  options: spanOptions,
  exits: { ok: 'shown, be there any or none' },
  connector: 'reads',
  json: { schema: routes.unmapped.response, lines: true },
  async run({ values, terminal, ask }) {
    const span = parseSpan(values, terminal.now());
    return ask(async ({ operations, signal, say, tell }) => {
      const progress = startProgress(terminal, 'Looking', 'bodies');
      for await (const line of operations.unmapped(span, signal)) {
        tell(line);
        if (line.kind === 'progress') progress.show(line.done, line.total);
        else {
          progress.end();
          say(renderUnmapped(line, terminal));
          return exits.ok;
        }
      }
      return cutShort(signal);
    });
  },
});

type Unmapped = Extract<UnmappedLine, { kind: 'end' }>;

const fieldColumns = [...texts('FIELD', 'TYPE'), ...numbers('COUNT')];
const formColumns = [...texts('SOURCE', 'AUTHENTICATES BY'), ...numbers('COUNT')];

const fieldRow = ({ path, type, count }: Unmapped['types'][number]['fields'][number]) => [path, type, group(count)];

function renderUnmapped({ types, authentication, snapshot }: Unmapped, terminal: Terminal): readonly string[] {
  const forms = authentication.map(({ source, form, count }) => [source, form, group(count)]);
  const formLines = snapshot
    ? ['How senders authenticate is known to a running connector only.']
    : forms.length === 0
      ? ['No sender has authenticated since the start.']
      : renderTable(formColumns, forms, terminal);
  return [
    ...(types.length === 0 ? ['Every field is known to the mapping.', ''] : []),
    ...types.flatMap(({ messageType, bodies, fields, omitted }) => [
      `${printable(messageType)}: unknown fields in ${counted(bodies, 'body', 'bodies')}`,
      ...renderTable(fieldColumns, fields.map(fieldRow), terminal),
      ...(omitted === 0 ? [] : [`… and ${counted(omitted, 'more field')}`]),
      '',
    ]),
    ...formLines,
  ];
}
