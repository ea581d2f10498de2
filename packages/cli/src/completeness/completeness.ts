// `xiq-siem completeness`: whether what ExtremeCloud IQ logged is what reached the SIEM.
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
    help: 'what ExtremeCloud IQ logged at or after it (default: 24 hours before)',
  },
  to: {
    type: 'string',
    value: 'TIME',
    help: 'what it logged before it (default: the last whole hour that has settled)',
  },
  ...typesOption,
} as const satisfies CommandOptions;

const hourMs = 3_600_000;
/** What the configuration says where it says nothing; an hour that has not settled is said to be so. */
const settleMs = 10 * 60_000;

export const completenessCommand = defineCommand({
  text: `Prove, for each message type and hour, that what ExtremeCloud IQ logged is what we kept and what every destination has: whole, or the events that are missing here, surplus (kept, and not in its log), or why it cannot be proved. A destination's assurance is shown with what it confirmed; what its routing does not want is filtered, and not missing.

It asks the logs of ExtremeCloud IQ, within the requests that the account has an hour, and scans the journal. A stopped connector will do. GDPR and LOCATION have no log, and what is beyond the retention of the journal cannot be known: unprovable.

${timeHelp}`,
  options,
  exits: {
    ok: 'every hour is whole',
    attention: 'events are missing or surplus',
    unprovable: 'nothing is known to be missing or surplus, but not every hour can be proved',
    usage: 'wrong arguments, no source with an `api`, or too many events: take a shorter span',
    unavailable: 'ExtremeCloud IQ or the connector does not answer',
    temporary: 'the requests of this hour are used up',
    protocol: 'ExtremeCloud IQ answers what it should not',
    permission: 'ExtremeCloud IQ refuses our credentials',
  },
  connector: 'reads',
  json: { schema: routes.completeness.response, lines: true },
  async run({ values, terminal, connect }) {
    const nowMs = terminal.now();
    const given = parseSpan(values, nowMs);
    const to = given.to ?? new Date(Math.floor((nowMs - settleMs) / hourMs) * hourMs).toISOString();
    const from = given.from ?? new Date(Date.parse(to) - 24 * hourMs).toISOString();
    parseSpan({ from, to }, nowMs);
    const request = { from, to, source: values.source, messageTypes: typeNames(values.types)?.join() };
    return connect((connection) => prove(request, connection, terminal));
  },
});

const codes = { whole: exits.ok, missing_or_surplus: exits.attention, unprovable: exits.unprovable } as const;

async function prove(
  request: Parameters<Operations['completeness']>[0],
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Looking at what was kept', 'bodies');
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
