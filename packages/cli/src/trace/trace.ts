// `xiq-siem trace`: what became of a body or of an event.
import { routes } from '@xiq-siem/admin-api';
import { type CommandOptions, parseArguments } from '../arguments.ts';
import { type Asking, ask, cutShort } from '../ask.ts';
import { type Command, commonOptions, type Session } from '../command.ts';
import { exits } from '../exit-codes.ts';
import { renderHelp } from '../help.ts';
import { startProgress } from '../terminal/progress.ts';
import { counted } from '../terminal/units.ts';
import { parseSpan, spanOptions, timeHelp } from '../time.ts';
import { renderTrace } from './trace-view.ts';

const options = { ...spanOptions, ...commonOptions } as const satisfies CommandOptions;

export const traceCommand: Command = {
  help: renderHelp({
    name: 'trace',
    words: 'RECEIPT|EVENT-ID',
    text: `When it was received, what it was normalized to, and what became of it at each destination and when.

A receipt (r1_…, the answer to the webhook, and extreme.xiq.receipt of each document) is found at once. An event id (event.id) is looked for in all that is retained, or in what was received from --from to --to.

${timeHelp}`,
    options,
    exits: [
      [exits.ok, 'found'],
      [exits.usage, 'wrong arguments'],
      [exits.notFound, 'not found, or not there any more'],
      [exits.unavailable, 'the connector does not answer'],
      [exits.config, 'the configuration is at fault'],
      [exits.interrupted, 'Ctrl-C'],
    ],
  }),
  json: {
    schema: routes.traceReceipt.answer,
    instead: [{ when: 'For an event id', schema: routes.traceEvent.answer, lines: true }],
  },
  async run(args, session) {
    const { values, positionals } = parseArguments('trace', args, options, [1, 1]);
    const [named = ''] = positionals;
    const span = parseSpan(values, session.terminal.now());
    return ask(values, session, 'reads', (asking) =>
      named.startsWith('r1_') ? traceReceipt(named, asking, session) : traceEvent(named, span, asking, session),
    );
  },
};

async function traceReceipt(receipt: string, { operations, signal, say, tell }: Asking, { terminal }: Session) {
  const trace = await operations.traceReceipt({ receipt }, signal);
  tell(trace);
  say(renderTrace(trace, terminal));
  return trace.found === 'kept' ? exits.ok : exits.notFound;
}

async function traceEvent(
  eventId: string,
  span: { from?: string; to?: string },
  { operations, signal, say, tell }: Asking,
  { terminal }: Session,
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
    const looked = counted(line.bodies, 'body', 'bodies');
    say(line.found === 0 ? `Not found in ${looked}.` : `\nFound ${counted(line.found, 'time')} in ${looked}.`);
    return line.found > 0 ? exits.ok : exits.notFound;
  }
  return cutShort(signal);
}
