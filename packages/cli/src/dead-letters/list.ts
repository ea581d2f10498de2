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
  text: `List dead letters: events that a destination rejected permanently. Oldest first, with the reason code and the message of the server. Fix the cause, then send them again with xiq-siem dlq retry. Parked events (blocked, or retried while others were delivered) are listed too; they are sent again automatically.

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
    const withState = page.parked > 0;
    const rows = page.entries.map((entry) => row(entry, withState, terminal.now()));
    const table = renderTable(columnsOf(withState), rows, terminal);
    if (page.entries.length > 0) connection.print(first ? table : table.slice(1));
    next = page.next;
    if (next !== undefined && all) continue;
    if (page.matched === 0) connection.print(`No dead letters${totalText(page)}.`);
    else connection.print(['', `${counted(page.matched, withState ? 'event' : 'dead letter')}${totalText(page)}.`]);
    if (next !== undefined) connection.print(`For more: add --after ${next}, or --all.`);
    return;
  }
}

/** How many entries there are, beside those that match. */
function totalText({ open, parked, matched }: z.output<typeof routes.listDeadLetters.response>): string {
  if (parked > 0) return ` (in total ${counted(open, 'dead letter')} open, ${counted(parked, 'event')} parked)`;
  return open === matched ? '' : ` (${group(open)} open in total)`;
}

const columnsOf = (withState: boolean) => [
  ...numbers('NUMBER', 'AGE'),
  ...texts('DESTINATION', ...(withState ? ['STATE'] : []), 'CODE', 'DATASET', 'SERVER MESSAGE'),
];

/** A parked event is retried automatically; a dead letter is not. */
const stateCell = (parked: true | undefined): Cell =>
  parked ? { text: 'parked', colour: 'yellow' } : { text: 'dead', colour: 'red' };

function row(
  { number, destination, code, message = '', dataset, parked, lastAttempt }: DeadLetterEntry,
  withState: boolean,
  nowMs: number,
): Cell[] {
  const age = shortDuration(Math.max(0, nowMs - Date.parse(lastAttempt)) / 1000);
  const state = withState ? [stateCell(parked)] : [];
  return [String(number), age, destination, ...state, { text: code, colour: 'red' }, dataset, message];
}

type Groups = z.output<typeof routes.groupDeadLetters.response>;

const groupColumnsOf = (withState: boolean) => [
  ...texts('DESTINATION', ...(withState ? ['STATE'] : []), 'CODE', 'DATASET'),
  ...numbers('EVENTS'),
  ...texts('NEWEST'),
];
const countColumns = [...texts('DESTINATION'), ...numbers('OPEN', 'PARKED', 'DELIVERED LATER', 'DROPPED')];

export function renderGroups(
  { groups, counts }: Groups,
  terminal: Pick<Terminal, 'columns' | 'colours'>,
): readonly string[] {
  const open = counts.reduce((sum, count) => sum + count.open, 0);
  const parked = counts.reduce((sum, count) => sum + count.parked, 0);
  const found = groups.map(({ destination, code, dataset, events, newest, ...entry }): readonly Cell[] => {
    return [
      destination,
      ...(parked > 0 ? [stateCell(entry.parked)] : []),
      { text: code, colour: 'red' },
      dataset,
      group(events),
      clockTime(newest),
    ];
  });
  const sums = counts.map(({ destination, open, parked, delivered, dropped }) => {
    return [destination, ...[open, parked, delivered, dropped].map(group)];
  });
  return [
    open === 0 ? 'No dead letters.' : `${counted(open, 'dead letter')} open.`,
    ...(parked === 0 ? [] : [`${counted(parked, 'event')} parked: they are sent again automatically.`]),
    ...(groups.length === 0 ? [] : ['', ...renderTable(groupColumnsOf(parked > 0), found, terminal)]),
    ...(counts.length === 0 ? [] : ['', ...renderTable(countColumns, sums, terminal)]),
  ];
}
