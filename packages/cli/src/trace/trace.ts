// `xiq-siem trace`: what became of a body or of an event.
import { routes } from '@xiq-siem/admin-api';
import { type Asking, cutShort } from '../ask.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { startProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/units.ts';
import { parseSpan, type Span, spanOptions, timeHelp } from '../time.ts';
import { renderTrace } from './trace-view.ts';

export const traceCommand = defineCommand({
  usage: 'RECEIPT|EVENT-ID',
  text: `When it was received, what it was normalized to, and what became of it at each destination and when.

A receipt (r1_…, the answer to the webhook, and extreme.xiq.receipt of each document) is found at once. An event id (event.id) is looked for in all that is retained, or in what was received from --from to --to.

${timeHelp}`,
  options: spanOptions,
  exits: { ok: 'found', notFound: 'not found, or not there any more' },
  connector: 'reads',
  message: [1, 1],
  json: {
    schema: routes.traceReceipt.response,
    instead: [{ when: 'For an event id', schema: routes.traceEvent.response, lines: true }],
  },
  async run({ values, message, terminal, ask }) {
    const [named = ''] = message;
    const span = parseSpan(values, terminal.now());
    return ask((asking) =>
      named.startsWith('r1_') ? traceReceipt(named, asking, terminal) : traceEvent(named, span, asking, terminal),
    );
  },
});

async function traceReceipt(receipt: string, { operations, signal, say, tell }: Asking, terminal: Terminal) {
  const trace = await operations.traceReceipt({ receipt }, signal);
  tell(trace);
  say(renderTrace(trace, terminal));
  return trace.found === 'kept' ? exits.ok : exits.notFound;
}

async function traceEvent(
  eventId: string,
  span: Span,
  { operations, signal, say, tell }: Asking,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Looking', 'bodies');
  let found = 0;
  for await (const line of operations.traceEvent({ eventId, ...span }, signal)) {
    tell(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'trace') say([...(found === 0 ? [] : ['']), ...renderTrace(line.trace, terminal)]);
    if (line.kind === 'trace') found += 1;
    if (line.kind !== 'end') continue;
    progress.end();
    const checked = counted(line.bodies, 'body', 'bodies');
    say(line.found === 0 ? `Not found in ${checked}.` : `\nFound ${counted(line.found, 'time')} in ${checked}.`);
    return line.found > 0 ? exits.ok : exits.notFound;
  }
  return cutShort(signal);
}
