// `xiq-siem backfill`: fetches the missing events of a span from the logs of ExtremeCloud IQ.
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
  from: { type: 'string', value: 'TIME', help: 'start of the span, inclusive (required)' },
  to: { type: 'string', value: 'TIME', help: 'end of the span, exclusive (required)' },
  ...typesOption,
  'dry-run': { type: 'boolean', help: 'store nothing; show the counts of fetched, duplicate and missing events' },
  'force-duplicates': {
    type: 'boolean',
    help: 'also if the journal no longer has the span: events may be delivered twice',
  },
  ...jobOptions,
} as const satisfies CommandOptions;

export const backfillCommand = defineCommand({
  usage: '--from TIME --to TIME',
  text: `Fetch the events of a span that did not arrive by webhook from the logs of ExtremeCloud IQ, and deliver them like other events. The command skips events that the journal already has: of the events with one pairing key (type, time, user and other identifying fields) it fetches as many as the journal lacks. It rejects a span that the journal no longer retains. If a webhook for a fetched event arrives later, it is filtered (duplicate_of_backfill).

The back-fill is a job of the connector. To resume an interrupted or failed job, run the same command with the same absolute times. The job waits until the log entries are older than \`settleMinutes\`, and respects the hourly request limit of the account.

${timeHelp}`,
  options,
  exits: {
    ...jobExits,
    ok: 'the whole span is fetched; --no-wait: the job has started; --dry-run: shown',
    attention: 'the job ended, but the span is incomplete: failed, cancelled, interrupted, or a type without a log',
    usage: 'wrong arguments, no source with an `api`, or the journal no longer retains the span',
    protocol: 'ExtremeCloud IQ returns an invalid response (--dry-run)',
    permission: 'ExtremeCloud IQ rejects the credentials (--dry-run)',
  },
  connector: 'reads',
  json: { ...jobJson, instead: [{ when: 'With `--dry-run`', schema: routes.previewBackfill.response, lines: true }] },
  async run({ values, terminal, connect }) {
    if (values.from === undefined || values.to === undefined) {
      throw new ConnectorError('usage', 'missing --from or --to\nSee: xiq-siem backfill --help');
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

const columns = [...texts('MESSAGE TYPE'), ...numbers('FETCHED', 'DUPLICATES', 'MISSING')];

/** Resolves with the exit code. */
export async function preview(
  request: Parameters<Operations['previewBackfill']>[0],
  { operations, signal, print, printJson }: Connection,
  terminal: Terminal,
): Promise<number> {
  const progress = startProgress(terminal, 'Scanning the journal', 'requests');
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
