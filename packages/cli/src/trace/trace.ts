// `xiq-siem trace`: shows what happened to a request or an event.
import { routes } from '@xiq-siem/admin-api';
import { type Connection, endedEarly } from '../connection.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { startProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/units.ts';
import { parseSpan, type Span, spanOptions, timeHelp } from '../time.ts';
import { renderTrace } from './trace-view.ts';

export const traceCommand = defineCommand({
  usage: 'RECEIPT|EVENT-ID',
  text: `Show when a request was received, its events, and the result at each destination.

RECEIPT: r1_…, from the response to the webhook, or extreme.xiq.receipt of a document; found at once. EVENT-ID: event.id; the command scans the journal, or the span from --from to --to.

${timeHelp}`,
  options: spanOptions,
  exits: { ok: 'found', notFound: 'not found, or no longer stored' },
  connector: 'reads',
  positionals: [1, 1],
  json: {
    schema: routes.traceReceipt.response,
    instead: [{ when: 'For an event id', schema: routes.traceEvent.response, lines: true }],
  },
  async run({ values, positionals, terminal, connect }) {
    const [id = ''] = positionals;
    const span = parseSpan(values, terminal.now());
    return connect((connection) =>
      id.startsWith('r1_') ? traceReceipt(id, connection, terminal) : traceEvent(id, span, connection, terminal),
    );
  },
});

async function traceReceipt(receipt: string, { operations, signal, print, printJson }: Connection, terminal: Terminal) {
  const trace = await operations.traceReceipt({ receipt }, signal);
  printJson(trace);
  print(renderTrace(trace, terminal));
  return trace.found === 'kept' ? exits.ok : exits.notFound;
}

async function traceEvent(
  eventId: string,
  span: Span,
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Scanning', 'requests');
  let found = 0;
  for await (const line of operations.traceEvent({ eventId, ...span }, signal)) {
    printJson(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'trace') print([...(found === 0 ? [] : ['']), ...renderTrace(line.trace, terminal)]);
    if (line.kind === 'trace') found += 1;
    if (line.kind !== 'end') continue;
    progress.end();
    const scanned = counted(line.bodies, 'request');
    print(line.found === 0 ? `Not found in ${scanned}.` : `\nFound ${counted(line.found, 'time')} in ${scanned}.`);
    return line.found > 0 ? exits.ok : exits.notFound;
  }
  return endedEarly(signal);
}
