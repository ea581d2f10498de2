// `xiq-siem backfill`: what the logs of ExtremeCloud IQ hold of a span and did not come, fetched.
import { type Operations, routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from '../arguments.ts';
import { type Connection, endedEarly } from '../connection.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { followJob, jobExits, jobJson, jobOptions, type StartJob } from '../jobs/follow-job.ts';
import { printable } from '../terminal/printable.ts';
import { startProgress } from '../terminal/progress.ts';
import { numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted, group } from '../terminal/units.ts';
import { parseSpan, timeHelp } from '../time.ts';
import { typeNames, typesOption } from '../xiq-options.ts';

const options = {
  from: { type: 'string', value: 'TIME', help: 'what ExtremeCloud IQ logged at or after it (needed)' },
  to: { type: 'string', value: 'TIME', help: 'what it logged before it (needed)' },
  ...typesOption,
  'dry-run': { type: 'boolean', help: 'keep nothing; show what would be fetched, had already, and missing' },
  'force-duplicates': {
    type: 'boolean',
    help: 'also where the journal no longer knows what came: events may be delivered a second time',
  },
  ...jobOptions,
} as const satisfies CommandOptions;

export const backfillCommand = defineCommand({
  usage: '--from TIME --to TIME',
  text: `Fetch what the logs of ExtremeCloud IQ hold of a span and did not come by webhook, and deliver it like any other. What came already is left out, by the event ids in the journal: a span that begins before what the journal retains is refused. A webhook that comes later for an event that was fetched is delivered to nobody (duplicate_of_backfill).

It is a job in the connector: the same command, with times that do not move, goes on with one that was interrupted or failed. What is younger than \`settleMinutes\` waits until it is not, and all of it stays within the requests that the account has an hour.

${timeHelp}`,
  options,
  exits: {
    ...jobExits,
    ok: 'all of the span is fetched; --no-wait: it has begun; --dry-run: shown',
    attention:
      'it ended, and not all of the span is fetched: failed, cancelled, interrupted, or a type that has no log',
    usage: 'wrong arguments, no source with an `api`, or the journal does not reach back so far',
    protocol: 'ExtremeCloud IQ answers what it should not (--dry-run)',
    permission: 'ExtremeCloud IQ refuses our credentials (--dry-run)',
  },
  connector: 'reads',
  json: { ...jobJson, instead: [{ when: 'With `--dry-run`', schema: routes.previewBackfill.response, lines: true }] },
  async run({ values, terminal, connect }) {
    if (values.from === undefined || values.to === undefined) {
      throw new ConnectorError('usage', '--from and --to are needed\nSee: xiq-siem backfill --help');
    }
    const { from = values.from, to = values.to } = parseSpan(values, terminal.now());
    const messageTypes = typeNames(values.types);
    const { source, 'dry-run': dryRun = false, 'no-wait': leave = false, 'force-duplicates': forced = false } = values;
    if (dryRun) {
      return connect((connection) =>
        preview({ from, to, source, messageTypes: messageTypes?.join() }, connection, terminal),
      );
    }
    const request = { from, to, forceDuplicates: forced, source, messageTypes };
    const begin: StartJob = (operations, signal) => operations.backfill(request, signal);
    return connect((connection) => followJob(begin, !leave, connection, terminal), 'changes');
  },
});

const columns = [...texts('MESSAGE TYPE'), ...numbers('FETCHED', 'HAD ALREADY', 'MISSING')];

/** Resolves with the exit code. */
export async function preview(
  request: Parameters<Operations['previewBackfill']>[0],
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Looking at what came already', 'bodies');
  const rows: string[][] = [];
  for await (const line of operations.previewBackfill(request, signal)) {
    printJson(line);
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
      print([...renderTable(columns, rows, terminal), ...note, verdict]);
      return exits.ok;
    }
  }
  return endedEarly(signal);
}
