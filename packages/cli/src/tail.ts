// `xiq-siem tail`: shows documents as they are created, one line each.
import { routes, type TailLine } from '@xiq-siem/admin-api';
import { endedEarly } from './connection.ts';
import { defineCommand } from './define-command.ts';
import { type Colour, colourWriter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { cutText } from './terminal/text-width.ts';
import { clockTime, counted } from './terminal/units.ts';
import { parseWhere, whereOption, whereQuery } from './where.ts';

export const tailCommand = defineCommand({
  text: 'Show documents as they are created from incoming requests, until Ctrl-C: time, source, data set, action, outcome, user, message. If they arrive too fast, some requests are skipped and counted.',
  options: whereOption,
  exits: { unavailable: 'the connector does not run, or stopped' },
  connector: 'changes',
  json: { schema: routes.tail.response, lines: true },
  async run({ values, terminal, connect }) {
    const query = whereQuery(parseWhere(values.where));
    return connect(async ({ operations, signal, print, printJson }) => {
      for await (const line of operations.tail(query, signal)) {
        printJson(line);
        if (line.kind === 'document') print(documentLine(line, terminal));
        if (line.kind === 'skipped') print(`… ${counted(line.bodies, 'request')} skipped: they arrived too fast`);
      }
      return endedEarly(signal);
    });
  },
});

const outcomes: Readonly<Record<string, Colour>> = { failure: 'red', success: 'green' };

function documentLine({ source, document }: Extract<TailLine, { kind: 'document' }>, terminal: Terminal): string {
  const at = (...path: readonly string[]): string => textAt(document, path);
  const time = clockTime(at('@timestamp'));
  const dataset = at('event', 'dataset');
  // In a narrow terminal the date and the prefix of the data set, the same in all lines, leave room for the message.
  const narrow = terminal.columns !== undefined && terminal.columns < 120;
  const parts = [
    narrow ? time.slice(time.indexOf(' ') + 1) : time,
    source,
    narrow ? dataset.slice(dataset.indexOf('.') + 1) : dataset,
    at('event', 'action'),
    at('event', 'outcome'),
    at('user', 'name'),
    at('message'),
  ];
  const line = parts
    .filter((part) => part !== '')
    .map(printable)
    .join('  ');
  const cut = terminal.columns === undefined ? line : cutText(line, terminal.columns);
  return colourWriter(terminal)(outcomes[at('event', 'outcome')], cut);
}

function textAt(document: unknown, path: readonly string[]): string {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return '';
    value = Object.entries(value).find(([name]) => name === key)?.[1];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
