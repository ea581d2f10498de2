// `xiq-siem tail`: documents as they are made, one line each.
import { routes, type TailLine } from '@xiq-siem/admin-api';
import { cutShort } from './ask.ts';
import { defineCommand } from './define-command.ts';
import { type Colour, painter } from './terminal/colours.ts';
import { printable } from './terminal/printable.ts';
import type { Terminal } from './terminal/terminal.ts';
import { cutText } from './terminal/text-width.ts';
import { clockTime, counted } from './terminal/units.ts';
import { parseWhere, whereOption, whereQuery } from './where.ts';

export const tailCommand = defineCommand({
  text: 'The documents as they are made from what comes in, until Ctrl-C: time, data set, action, outcome, message. Where they come faster than they can be shown, some are left out, and it says how many bodies.',
  options: whereOption,
  exits: { unavailable: 'the connector does not run, or ended' },
  connector: 'changes',
  json: { schema: routes.tail.response, lines: true },
  async run({ values, terminal, ask }) {
    const query = whereQuery(parseWhere(values.where));
    return ask(async ({ operations, signal, say, tell }) => {
      for await (const line of operations.tail(query, signal)) {
        tell(line);
        if (line.kind === 'document') say(documentLine(line, terminal));
        if (line.kind === 'skipped') say(`… ${counted(line.bodies, 'body', 'bodies')} left out: they came too fast`);
      }
      return cutShort(signal);
    });
  },
});

const outcomes: Readonly<Record<string, Colour>> = { failure: 'red', success: 'green' };

function documentLine({ source, document }: Extract<TailLine, { kind: 'document' }>, terminal: Terminal): string {
  const at = (...path: readonly string[]): string => textAt(document, path);
  const time = clockTime(at('@timestamp'));
  const dataset = at('event', 'dataset');
  // What all lines begin with alike leaves a narrow terminal to the message.
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
  return painter(terminal)(outcomes[at('event', 'outcome')], cut);
}

function textAt(document: unknown, path: readonly string[]): string {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return '';
    value = Object.entries(value).find(([name]) => name === key)?.[1];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
