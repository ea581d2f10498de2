// `xiq-siem completeness`: proves that all events that ExtremeCloud IQ logged reached the destinations.
import { type CompletenessLine, type Operations, routes } from '@xiq-siem/admin-api';
import type { CommandOptions } from '../arguments.ts';
import { type Connection, endedEarly } from '../connection.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { startProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/units.ts';
import { parseSpan, timeHelp } from '../time.ts';
import { typeNames, typesOption } from '../xiq-options.ts';
import { renderProof } from './proof-view.ts';

const options = {
  from: {
    type: 'string',
    value: 'TIME',
    help: 'start of the span, inclusive (default: 24 hours before the end)',
  },
  to: {
    type: 'string',
    value: 'TIME',
    help: 'end of the span, exclusive (default: the end of the last full hour whose log is final)',
  },
  ...typesOption,
} as const satisfies CommandOptions;

const hourMs = 3_600_000;
/** The default of `settleMinutes`. With a larger one, the last hour is shown as not settled. */
const logDelayMs = 10 * 60_000;

export const completenessCommand = defineCommand({
  text: `Compare the logs of ExtremeCloud IQ with the journal and with each destination, for each message type and hour. The result is \`complete\`, \`missing\` (logged events that were not received or not delivered), \`surplus\` (stored events that are not in the log) or \`unprovable\`, with the reason. For each destination it shows the assurance and the number of confirmed events. Log entries and stored events are paired by type, time, user and other identifying fields; if several have the same, by their number. Events that a destination's routing excludes count as filtered, not as missing.

The command reads the logs of ExtremeCloud IQ within the hourly request limit of the account, and scans the journal. The connector can be stopped. GDPR and LOCATION events have no log, and events beyond the journal's retention are unknown: both are unprovable.

${timeHelp}`,
  options,
  exits: {
    ok: 'every hour is complete',
    attention: 'events are missing or surplus',
    unprovable: 'no event is known to be missing or surplus, but some hours cannot be proved',
    usage: 'wrong arguments, no source with an `api`, or too many events: use a shorter span',
    unavailable: 'ExtremeCloud IQ or the connector does not respond',
    temporary: 'the hourly request limit is reached',
    protocol: 'ExtremeCloud IQ returns an invalid response',
    permission: 'ExtremeCloud IQ rejects the credentials',
  },
  connector: 'reads',
  json: { schema: routes.completeness.response, lines: true },
  async run({ values, terminal, connect }) {
    const nowMs = terminal.now();
    const given = parseSpan(values, nowMs);
    const to = given.to ?? new Date(Math.floor((nowMs - logDelayMs) / hourMs) * hourMs).toISOString();
    const from = given.from ?? new Date(Date.parse(to) - 24 * hourMs).toISOString();
    parseSpan({ from, to }, nowMs);
    const request = { from, to, source: values.source, messageTypes: typeNames(values.types)?.join() };
    return connect((connection) => prove(request, connection, terminal));
  },
});

const codes = { complete: exits.ok, missing_or_surplus: exits.attention, unprovable: exits.unprovable } as const;

async function prove(
  request: Parameters<Operations['completeness']>[0],
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Scanning the journal', 'requests');
  const cells: Extract<CompletenessLine, { kind: 'cell' }>['cell'][] = [];
  for await (const line of operations.completeness(request, signal)) {
    printJson(line);
    if (line.kind === 'progress') progress.show(line.done, line.total);
    else if (line.kind === 'fetching')
      terminal.progress(`Fetching ${line.messageType}: ${counted(line.fetched, 'event')}`);
    else if (line.kind === 'cell') cells.push(line.cell);
    else {
      progress.end();
      print(renderProof(cells, line, terminal));
      return codes[line.verdict];
    }
  }
  return endedEarly(signal);
}
