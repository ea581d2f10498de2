// `xiq-siem dlq list`: lists dead letters and their reasons.
import { type DeadLetterEntry, routes } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { z } from 'zod';
import { type CommandOptions, wholeNumber } from '../arguments.ts';
import type { Connection } from '../connection.ts';
import { defineCommand } from '../define-command.ts';
import { exits } from '../exit-codes.ts';
import { type Cell, numbers, renderTable, texts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { clockTime, counted, group, shortDuration } from '../terminal/units.ts';
import { timeHelp } from '../time.ts';
import { type Filter, filterOf, filterOptions, isEmpty } from './filter.ts';

const options = {
  ...filterOptions,
  summary: { type: 'boolean', help: 'show counts only, of all dead letters' },
  limit: { type: 'string', value: 'COUNT', help: 'entries per page, 1 to 1000 (default 20)' },
  after: { type: 'string', value: 'NUMBER', help: 'start after this number' },
  all: { type: 'boolean', help: 'all pages' },
} as const satisfies CommandOptions;

const pageSize = 20;
/** Of a page with `--all`. */
const maxPageSize = 1000;

export const listCommand = defineCommand({
  text: `List dead letters: events that a destination rejected permanently. Oldest first, with the reason code and the message of the server. Fix the cause, then send them again with xiq-siem dlq retry.

${timeHelp}`,
  options,
  exits: { ok: 'listed, also if there are none' },
  connector: 'reads',
  allowInvalidConfiguration: true,
  json: {
    schema: routes.listDeadLetters.response,
    note: 'With `--all` one page per line.',
    instead: [{ when: 'With `--summary`', schema: routes.groupDeadLetters.response }],
  },
  async run({ values, terminal, connect }) {
    const filter = filterOf(values, terminal.now());
    const { summary = false, all = false } = values;
    if (summary && !isEmpty(filter)) {
      throw new ConnectorError('usage', '--summary takes no filter');
    }
    const limit =
      values.limit === undefined ? (all ? maxPageSize : pageSize) : wholeNumber('--limit', values.limit, 1, 1000);
    const after = values.after === undefined ? undefined : wholeNumber('--after', values.after);
    return connect(async (connection) => {
      if (summary) {
        const groups = await connection.operations.groupDeadLetters({}, connection.signal);
        connection.printJson(groups);
        connection.print(renderGroups(groups, terminal));
      } else await listPages({ filter, limit, after, all }, connection, terminal);
      return exits.ok;
    });
  },
});

type Pages = { filter: Filter; limit: number; after: number | undefined; all: boolean };

async function listPages(
  { filter, limit, after, all }: Pages,
  connection: Connection,
  terminal: Terminal,
): Promise<void> {
  let next = after;
  for (let first = true; ; first = false) {
    const page = await connection.operations.listDeadLetters({ ...filter, limit, after: next }, connection.signal);
    connection.printJson(page);
    const rows = page.entries.map((entry) => row(entry, terminal.now()));
    const table = renderTable(columns, rows, terminal);
    if (page.entries.length > 0) connection.print(first ? table : table.slice(1));
    next = page.next;
    if (next !== undefined && all) continue;
    const open = page.open === page.matched ? '' : ` (${group(page.open)} open in total)`;
    if (page.matched === 0) connection.print(`No dead letters${open}.`);
    else connection.print(['', `${counted(page.matched, 'dead letter')}${open}.`]);
    if (next !== undefined) connection.print(`For more: add --after ${next}, or --all.`);
    return;
  }
}

const columns = [...numbers('NUMBER', 'AGE'), ...texts('DESTINATION', 'CODE', 'DATASET', 'SERVER MESSAGE')];

function row(
  { number, destination, code, message = '', dataset, lastAttempt }: DeadLetterEntry,
  nowMs: number,
): Cell[] {
  const age = shortDuration(Math.max(0, nowMs - Date.parse(lastAttempt)) / 1000);
  return [String(number), age, destination, { text: code, colour: 'red' }, dataset, message];
}

type Groups = z.output<typeof routes.groupDeadLetters.response>;

const groupColumns = [...texts('DESTINATION', 'CODE', 'DATASET'), ...numbers('EVENTS'), ...texts('NEWEST')];
const countColumns = [...texts('DESTINATION'), ...numbers('OPEN', 'DELIVERED LATER', 'DROPPED')];

export function renderGroups(
  { groups, counts }: Groups,
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const open = counts.reduce((sum, count) => sum + count.open, 0);
  const found = groups.map(({ destination, code, dataset, events, newest }): readonly Cell[] => {
    return [destination, { text: code, colour: 'red' }, dataset, group(events), clockTime(newest)];
  });
  const sums = counts.map((count) => [count.destination, ...[count.open, count.delivered, count.dropped].map(group)]);
  return [
    open === 0 ? 'No dead letters.' : `${counted(open, 'dead letter')} open.`,
    ...(groups.length === 0 ? [] : ['', ...renderTable(groupColumns, found, terminal)]),
    ...(counts.length === 0 ? [] : ['', ...renderTable(countColumns, sums, terminal)]),
  ];
}
